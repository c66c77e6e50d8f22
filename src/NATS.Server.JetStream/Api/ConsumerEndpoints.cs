using System.Text;
using NATS.Server.Core.JetStream;
using NATS.Server.Core.JetStream.Api;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.Core.JetStream.Errors;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.JetStream.Sources;
using NATS.Server.JetStream.Consumers;
using NATS.Server.JetStream.Engine;
using NATS.Server.JetStream.Ports;

namespace NATS.Server.JetStream.Api;

/// <summary>By the account's executor. Consumers come, change, go, and are looked at.</summary>
internal static class ConsumerEndpoints
{
    private const int LongestGroupName = 16;
    private const int LengthOfName = 8;
    private const string NameLetters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    public static void Create(ApiCall call)
    {
        if (!ConsumerConfigJson.TryReadRequest(call.Payload, call.IsStrict, out ConsumerRequest request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (!call.TryBegin(out JetStreamAccount? account) || !ConsumerRequestSubject.TryParse(call.Request.Subject, out ConsumerRequestSubject subject)) return;
        if (call.IsOffline(account, request.Stream)) return;
        account.TryGetStream(request.Stream, out Stream? stream);
        var surroundings = new ConsumerSurroundings
        {
            View = account.View(),
            Consumers = stream?.Consumers.ToDictionary(static consumer => consumer.Name, static consumer => consumer.Config, StringComparer.Ordinal) ?? [],
            FreeName = FreeName(stream, call.Services.Random),
            HasInterest = listener => account.Port.HasInterest(Encoding.UTF8.GetBytes(listener)),
        };
        if (ConsumerRequestRules.Judge(subject, request, surroundings, out PlannedConsumer planned) is { } refusal)
        {
            call.Refuse(refusal);
            return;
        }

        // Mirrors and sources say which stream of the name they mean, and are told which it is.
        bool isOfSource = request.Config.Direct || request.Config.Sourcing;
        string identity = isOfSource ? SourceNames.IdentityOf(stream!.Created) : "";
        if (isOfSource && call.IdentityHeader is { Length: > 0 } meant && meant != identity)
        {
            call.Refuse(ApiErrors.ConsumerStreamIdentityMismatch(identity));
            return;
        }

        if (Apply(call, account, stream!, planned, out Consumer? consumer) is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        if (planned is { IsNew: false, Running: { Sourcing: true, Direct: false } })
        {
            // It begins again behind what is acknowledged, and the answer has to say so.
            consumer!.TryDo(batch =>
            {
                consumer.Reset(batch, 0, out _);
                call.Answer(Describe(call, consumer), IdentityHeaders(identity));
            });
            return;
        }

        byte[] headers = isOfSource ? IdentityHeaders(identity) : [];
        if (planned.IsNew) consumer!.TellBeginning(info => call.Answer(ForAnswer(call, info), headers));
        else call.Answer(Describe(call, consumer!), headers);
        if (planned.Running.PauseUntil is { } until && until.ToUnixNanoseconds() > call.Services.NowNs) call.Events.Publish(new ConsumerPauseEvent(stream!.Name, planned.Name, true, until));
    }

    public static void Delete(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (!ApiRequestReader.IsEmpty(call.Payload))
        {
            call.Refuse(ApiErrors.NotEmptyRequest);
            return;
        }

        if (account.TryGetOffline(call.Api.Stream, out OfflineStream? offline))
        {
            if (account.DeleteConsumer(offline, call.Api.Consumer) is { } problem) call.Refuse(problem);
            else call.Answer(SuccessAnswer.Instance);
            return;
        }

        if (!call.TryGetConsumer(account, out Stream? stream, out Consumer? consumer)) return;
        if (account.DeleteConsumer(stream, consumer) is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        call.Answer(SuccessAnswer.Instance);
    }

    public static void Names(ApiCall call)
    {
        if (!TryBeginPage(call, areNames: true, out List<Consumer> consumers, out int offset)) return;
        string[] names = [.. consumers.Skip(offset).Take(Page.NamesLimit).Select(static consumer => consumer.Name)];
        call.Answer(new NamesAnswer(new Page(consumers.Count, offset, Page.NamesLimit), names, AreConsumers: true));
    }

    public static void List(ApiCall call)
    {
        if (!TryBeginPage(call, areNames: false, out List<Consumer> consumers, out int offset)) return;
        ConsumerInfo[] infos = [.. consumers.Skip(offset).Take(Page.ListLimit).Select(static consumer => consumer.Info())];
        call.Answer(new ListAnswer<ConsumerInfo>(new Page(consumers.Count, offset, Page.ListLimit), "consumers", infos, []));
    }

    public static void Info(ApiCall call)
    {
        if (!call.TryBegin(out JetStreamAccount? account)) return;
        if (!ApiRequestReader.IsEmpty(call.Payload)) call.Refuse(ApiErrors.NotEmptyRequest);
        else if (call.TryGetConsumer(account, out _, out Consumer? consumer)) consumer.Tell(info => call.Answer(ForAnswer(call, info)));
    }

    public static void Pause(ApiCall call)
    {
        ZonedTime? until = null;
        if (ApiRequestReader.IsObjectOrArray(call.Payload) && !ApiRequestReader.TryReadPause(call.Payload, call.IsStrict, out until, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (!call.TryBegin(out JetStreamAccount? account) || !call.TryGetConsumer(account, out Stream? stream, out Consumer? consumer)) return;
        ConsumerConfig config = ApiLevel.Stamp(consumer.Config with { PauseUntil = until?.ToUtc() });
        if (Update(call, stream, consumer, new PlannedConsumer(consumer.Name, config, config, IsNew: false)) is { } failure)
        {
            call.Refuse(failure);
            return;
        }

        long remainingNs = until is { } end ? end.ToUnixNanoseconds() - call.Services.NowNs : 0;
        call.Answer(new PauseAnswer(until ?? ZonedTime.Zero, remainingNs));
    }

    public static void Unpin(ApiCall call)
    {
        if (!call.HasLevel()) return;
        if (!ApiRequestReader.TryReadUnpin(call.Payload, out string group, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return;
        }

        if (group.Length > LongestGroupName || !group.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '_' or '=' or '-'))
        {
            call.Refuse(ApiErrors.ConsumerInvalidGroupName);
            return;
        }

        if (!call.HasAccount(out JetStreamAccount? account) || !call.TryGetConsumer(account, out _, out Consumer? consumer)) return;
        if (consumer.Config.PriorityGroups is not { } groups || !groups.Contains(group, StringComparer.Ordinal))
        {
            call.Refuse(ApiErrors.ConsumerInvalidPriorityGroup);
            return;
        }

        consumer.TryDo(batch => consumer.Unpin(batch, group));
        call.Answer(EmptyAnswer.Instance);
    }

    /// <summary>Whoever asks a consumer that there is not gets no answer.</summary>
    public static void Reset(ApiCall call)
    {
        if (call.Account is not { } account || !account.TryGetStream(call.Api.Stream, out Stream? stream) || stream.FindConsumer(call.Api.Consumer) is not { } consumer) return;
        if (!call.IsSupported)
        {
            call.RefuseQuietly(ApiErrors.RequiredApiLevel);
        }
        else if (!ApiRequestReader.TryReadReset(call.Payload, out ulong sequence, out string? problem))
        {
            call.RefuseQuietly(ApiErrors.InvalidJSON(problem));
        }
        else
        {
            consumer.TryDo(batch =>
            {
                if (consumer.Reset(batch, sequence, out ulong start) is { } refusal) call.RefuseQuietly(refusal);
                else call.AnswerQuietly(new ResetAnswer(Describe(call, consumer), start), call.IdentityHeader is null ? default : IdentityHeaders(SourceNames.IdentityOf(stream.Created)));
            });
        }
    }

    private static byte[] IdentityHeaders(string identity) => Encoding.UTF8.GetBytes($"NATS/1.0\r\nNats-Stream-Identity: {identity}\r\n\r\n");

    private static ApiError? Apply(ApiCall call, JetStreamAccount account, Stream stream, in PlannedConsumer planned, out Consumer? consumer)
    {
        if (planned.IsNew) return account.CreateConsumer(stream, planned, out consumer);
        consumer = stream.FindConsumer(planned.Name);
        return consumer!.Config == planned.Running ? null : Update(call, stream, consumer, planned);
    }

    // The change of a pause is told here and not by the consumer, which may take up two changes at once.
    private static ApiError? Update(ApiCall call, Stream stream, Consumer consumer, in PlannedConsumer planned)
    {
        long before = PauseEndNs(consumer.Config);
        if (JetStreamAccount.UpdateConsumer(stream, consumer, planned) is { } failure) return failure;
        if (before == PauseEndNs(planned.Running)) return null;
        call.Events.Publish(new ConsumerPauseEvent(stream.Name, planned.Name, consumer.IsPaused(call.Services.NowNs, out _), planned.Running.PauseUntil));
        return null;
    }

    private static long PauseEndNs(ConsumerConfig config) => config.PauseUntil is { IsZero: false } until ? until.ToUnixNanoseconds() : 0;

    private static ConsumerInfo Describe(ApiCall call, Consumer consumer) => ForAnswer(call, consumer.Info());

    private static ConsumerInfo ForAnswer(ApiCall call, ConsumerInfo info) =>
        info with { Config = info.Config with { Metadata = ApiLevel.ForAnswer(info.Config.Metadata, call.Services.Version) } };

    private static string FreeName(Stream? stream, Random random)
    {
        string name;
        do name = new string(random.GetItems<char>(NameLetters, LengthOfName));
        while (stream?.FindConsumer(name) is not null);
        return name;
    }

    // Those that clients know of, in the order of their names, as bytes sort them.
    private static bool TryBeginPage(ApiCall call, bool areNames, out List<Consumer> consumers, out int offset)
    {
        (consumers, offset) = ([], 0);
        if (!call.TryBegin(out JetStreamAccount? account)) return false;
        PageRequest request = new();
        if (ApiRequestReader.IsObjectOrArray(call.Payload) && !ApiRequestReader.TryReadConsumerPage(call.Payload, call.IsStrict, out request, out string? problem))
        {
            call.Refuse(ApiErrors.InvalidJSON(problem));
            return false;
        }

        // Of a stream that is not served only the consumers are known for which it is not.
        if (account.TryGetOffline(call.Api.Stream, out OfflineStream? stopped))
        {
            KeyValuePair<string, string>[] unsupported = [.. stopped.Consumers.OrderBy(static consumer => consumer.Key, StringComparer.Ordinal)];
            offset = (int)Math.Min(request.Offset, unsupported.Length);
            if (areNames) call.Answer(new NamesAnswer(new Page(unsupported.Length, offset, Page.NamesLimit), [.. unsupported.Skip(offset).Take(Page.NamesLimit).Select(static consumer => consumer.Key)], AreConsumers: true));
            else call.Answer(new ListAnswer<ConsumerInfo>(new Page(unsupported.Length, offset, Page.ListLimit), "consumers", [], unsupported[offset..]));
            return false;
        }

        if (!call.TryGetStream(account, out Stream? stream)) return false;
        consumers = [.. stream.Consumers.Where(static consumer => !consumer.Config.Direct).OrderBy(static consumer => consumer.Name, StringComparer.Ordinal)];
        offset = (int)Math.Min(request.Offset, consumers.Count);
        return true;
    }
}
