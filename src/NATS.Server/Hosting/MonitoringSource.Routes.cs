using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Streams;
using NATS.Server.Core.Subjects;
using NATS.Server.Delivery;
using NATS.Server.JetStream.Api;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;
using NATS.Server.JetStream.Storage;
using NATS.Server.JetStream.Streams;
using NATS.Server.Monitoring.Explaining;
using NATS.Server.Sessions;
using NATS.Server.Streaming;
using JetStreamStream = NATS.Server.JetStream.Streams.Stream;

namespace NATS.Server.Hosting;

/// <summary>Who gets a message.</summary>
internal sealed partial class MonitoringSource
{
    private const string PullRequests = "$JS.API.CONSUMER.MSG.NEXT.";
    private const string Acknowledgements = "$JS.ACK.";
    private const string DirectGets = "$JS.API.DIRECT.GET.";

    public bool HasInterest(string account, byte[] subject) => _context.Accounts.TryFind(account, out Account? found) && found.HasInterest(subject);

    public RouteTargets FindTargets(string account, byte[] subject, int limit)
    {
        if (!_context.Accounts.TryFind(account, out Account? found)) return RouteTargets.None;
        var match = new SublistMatch<Subscription>();
        found.Match(subject, match);
        List<RouteTarget> plain = [];
        Subscription[] all = [.. match.Plain];
        foreach (Subscription subscription in all.OrderBy(static subscription => (subscription.Owner as ClientSubscriber)?.Session.Id ?? 0).Take(limit))
        {
            if (Describe(found.Name, subscription, subject) is { } target) plain.Add(target);
        }

        plain.AddRange(FindOffline(found.Name, subject));
        List<RouteQueue> queues = [];
        foreach (QueueMatch<Subscription> queue in match.Queues)
        {
            List<RouteTarget> members = [];
            foreach (Subscription member in queue.Members[..Math.Min(limit, queue.Members.Length)])
            {
                if (Describe(found.Name, member, subject) is { } target) members.Add(target);
            }

            queues.Add(new RouteQueue(Encoding.UTF8.GetString(queue.Name), members, Math.Max(0, queue.Members.Length - limit)));
        }

        return new RouteTargets { Plain = plain, Queues = queues, LeftOut = Math.Max(0, all.Length - limit) };
    }

    /// <summary>Streams that would get it if the server understood them.</summary>
    private IEnumerable<StreamTarget> FindOffline(string account, byte[] subject)
    {
        if (server.JetStream?.TryGetAccount(account, out JetStreamAccount? owner) != true) return [];
        return owner!.OfflineStreams
            .Select(stream => (Stream: stream, Subject: (stream.Config.Subjects ?? []).FirstOrDefault(own => Subject.MatchesLiteral(subject, Encoding.UTF8.GetBytes(own)))))
            .Where(static found => found.Subject is not null)
            .Select(found => new StreamTarget(found.Subject!, found.Stream.Config) { StoredSubject = Encoding.UTF8.GetString(subject), Offline = found.Stream.Reason });
    }

    /// <summary>Who is behind a subscription; null for one that leaves the subject to others.</summary>
    private RouteTarget? Describe(string account, Subscription subscription, byte[] subject)
    {
        string subscribed = Encoding.UTF8.GetString(subscription.Subject);
        switch (subscription.Owner)
        {
            case ClientSubscriber client:
                return Describe(subscribed, subscription, client);
            case ImportSubscriber import when subscription is ShadowSubscription shadow:
                byte[] here = import.Import.SubjectHere(subject);
                return Describe(import.Importer, shadow.Real, here) is { } real
                    ? new StreamImportTarget(subscribed, import.Import, import.Importer, Encoding.UTF8.GetString(here), real)
                    : null;
            case RequestForwarder forwarder:
                return new ServiceImportTarget(subscribed, forwarder.Import);
            case ResponseForwarder:
                return new InternalTarget(subscribed, "takes answers of services to those who asked in other accounts");
            case AccountPort:
                return Describe(account, subscribed, AccountPort.TargetOf(subscription), subject);
            default:
                return new InternalTarget(subscribed, "the server itself answers it");
        }
    }

    private static ClientTarget Describe(string subscribed, Subscription subscription, ClientSubscriber client)
    {
        ClientSession session = client.Session;
        return new ClientTarget(subscribed, session.Id)
        {
            Queue = subscription.Queue is null ? "" : Encoding.UTF8.GetString(subscription.Queue),
            Name = session.Options.Name,
            User = session.AuthorizedUser,
            Account = session.Account.Name,
            Echo = client.Echo,
            Filter = subscription.IsFiltered ? client.Rights?.Permissions : null,
            IsClosing = subscription.IsClosed || session.Connection.Outbound.IsClosed,
            IsBehind = !session.AcceptsWhileBehind(session.Connection.Outbound, client),
            Delivered = Volatile.Read(ref subscription.Delivered),
            Maximum = Volatile.Read(ref subscription.Max),
        };
    }

    private RouteTarget? Describe(string account, string subscribed, IMessageTarget? target, byte[] subject)
    {
        string text = Encoding.UTF8.GetString(subject);
        switch (target)
        {
            case JetStreamStream stream:
                return Describe(account, subscribed, stream, text);
            case ApiTarget api:
                return api.ExporterOf(subject) is null && IsOfAssets(text) ? null : new InternalTarget(subscribed, "JetStream answers the request");
            case SystemApiTarget:
                return new InternalTarget(subscribed, "JetStream answers the request");
            case PullTarget:
                return OfConsumer(account, subscribed, "takes the request for messages", text[PullRequests.Length..].Split('.'), static _ => true);
            case AcknowledgementTarget:
                string[] tokens = text[Acknowledgements.Length..].Split('.');
                return tokens.Length is 7 or >= 9
                    ? OfConsumer(account, subscribed, "takes the acknowledgement", tokens.Length >= 9 ? tokens[2..] : tokens, static consumer => consumer.Config.AckPolicy is not (AckPolicy.None or AckPolicy.FlowControl))
                    : new InternalTarget(subscribed, "takes acknowledgements", "this is none");
            case FlowControlTarget:
                return new InternalTarget(subscribed, "takes answers to flow control");
            case not null when text.StartsWith(DirectGets, StringComparison.Ordinal):
                return new InternalTarget(subscribed, "the stream answers with one of its messages") { Stream = text[DirectGets.Length..].Split('.')[0] };
            default:
                return new InternalTarget(subscribed, "JetStream itself takes it");
        }
    }

    private static bool IsOfAssets(string subject) => subject.StartsWith(PullRequests, StringComparison.Ordinal) || subject.StartsWith(DirectGets, StringComparison.Ordinal);

    private InternalTarget OfConsumer(string account, string subscribed, string what, string[] names, Func<Consumer, bool> takes)
    {
        (string streamName, string consumerName) = (names[0], names.Length > 1 ? names[1] : "");
        var target = new InternalTarget(subscribed, $"consumer {consumerName} of stream {streamName} {what}") { Stream = streamName, Consumer = consumerName };
        if (server.JetStream?.TryGetAccount(account, out JetStreamAccount? owner) != true || !owner!.TryGetStream(streamName, out JetStreamStream? stream))
        {
            return target with { Refusal = $"account {DisplayNameOf(account)} has no stream {streamName}" };
        }

        if (stream.FindConsumer(consumerName) is not { } consumer) return target with { Refusal = $"stream {streamName} has no consumer {consumerName}" };
        return takes(consumer) ? target : target with { Refusal = $"consumer {consumerName} takes no acknowledgements" };
    }

    private StreamTarget? Describe(string account, string subscribed, JetStreamStream stream, string subject)
    {
        if (server.JetStream?.TryGetAccount(account, out JetStreamAccount? owner) != true) return null;
        StreamConfig config = stream.Config;
        string stored = StreamSubjects.Stored(config, subject);
        byte[] storedBytes = Encoding.UTF8.GetBytes(stored);
        StreamState state = stream.Store.State;
        IReadOnlyList<Consumer> consumers = stream.Consumers;
        return new StreamTarget(subscribed, config)
        {
            StoredSubject = stored,
            Messages = state.Messages,
            Bytes = state.Bytes,
            MessagesOfSubject = config.MaxMessagesPerSubject > 0 ? stream.Store.StateOf(MessageFilter.Of(storedBytes), 0).Messages : 0,
            SmallestMessage = StreamStorage.SizeOf(config, storedBytes.Length, 0, 0),
            Room = owner!.RoomFor(config),
            IsServerFull = owner.IsServerFull(config.Storage),
            Failure = stream.Store.WriteFailure ?? "",
            Consumers = consumers.Count,
            Interested = consumers.Count(consumer => consumer.Filter.Matches(storedBytes)),
            IsClosing = !owner.TryGetStream(stream.Name, out JetStreamStream? known) || !ReferenceEquals(known, stream),
            Copies = [.. owner.Streams.SelectMany(other => StreamSubjects.CopiesOf(config.Name, stored, other.Config))],
        };
    }
}
