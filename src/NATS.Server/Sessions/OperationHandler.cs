using NATS.Server.Connections;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Sessions;

/// <summary>Passes what the parser finds to the session, together with the batch. A struct, so that the parser's calls need no dispatch.</summary>
internal readonly struct OperationHandler(ClientSession session, LoopContext loop) : INatsOperationHandler
{
    public bool OnOperationBeforeConnect(byte first) => session.OnOperationBeforeConnect(loop);

    public bool OnConnect(ReadOnlySpan<byte> json) => session.OnConnect(loop, json);

    public bool OnInfo(ReadOnlySpan<byte> json) => session.OnInfo(json);

    public bool OnPing() => session.OnPing(loop);

    public bool OnPong() => session.OnPong(loop);

    public bool OnError(ReadOnlySpan<byte> text) => session.OnError(text);

    public bool OnSubscribe(ReadOnlySpan<byte> arguments) => session.OnSubscribe(loop, arguments);

    public bool OnUnsubscribe(ReadOnlySpan<byte> arguments) => session.OnUnsubscribe(loop, arguments);

    public bool OnPublishLine(ReadOnlySpan<byte> arguments, in PublishLine line, ReadOnlySpan<byte> body) => session.OnPublishLine(loop, arguments, line, body);

    public bool AcceptsPublish(int totalSize, bool hasHeaders) => session.AcceptsPublish(totalSize, hasHeaders);

    public bool OnPublish(in InboundMessage message) => session.OnPublish(loop, message);
}
