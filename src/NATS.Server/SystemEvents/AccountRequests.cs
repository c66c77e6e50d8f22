using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Accounts;
using NATS.Server.Core.JetStream.Json;
using NATS.Server.Core.Subjects;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>Requests about the connections and subscriptions of accounts that are not monitoring's: older ones, with answers of their own. Thread-safe.</summary>
internal sealed partial class AccountRequests(ServerContext server, AccountActivity activity)
{
    /// <summary><c>$SYS.REQ.ACCOUNT.*.CONNS</c>: the figures of an account, as events tell them.</summary>
    public RequestOutcome Connections(SystemRequest request)
    {
        string named = request.NamedAccount;
        string account = named;
        if (request.Body.Length > 0 && !JsonRequest.TryReadOnly(request.Body, "accNumConnsReq", ref account, ReadAccount, out string? problem))
        {
            Log.BadConnectionsRequest(server.Logger, problem);
            return RequestOutcome.Silent;
        }

        if (account != named)
        {
            Log.OtherAccount(server.Logger);
            return RequestOutcome.Silent;
        }

        return server.Accounts.TryFind(account, out Account? found) ? activity.Answer(found) : RequestOutcome.Silent;
    }

    /// <summary><c>$SYS.REQ.ACCOUNT.NSUBS</c>: asked by other servers for their count of subscribers.</summary>
    public RequestOutcome CountForServer(SystemRequest request)
    {
        if (request.Body.Length == 0)
        {
            Log.NoBody(server.Logger);
            return RequestOutcome.Silent;
        }

        var question = new SubscriberQuestion("", "", Queue: null);
        if (!JsonRequest.TryReadOnly(request.Body, "accNumSubsReq", ref question, SubscriberQuestion.Read, out string? problem))
        {
            Log.BadCountRequest(server.Logger, problem);
            return RequestOutcome.Silent;
        }

        bool isUsed = server.Accounts.TryFind(question.Account, out Account? account) && account.Connections > 0;
        return isUsed ? Number(Count(account!, question.Subject, question.Queue)) : RequestOutcome.Silent;
    }

    /// <summary><c>$SYS.DEBUG.SUBSCRIBERS</c>: an account asks for the subscribers of a subject, or of a subject and a queue group after a blank.</summary>
    public RequestOutcome CountForAccount(SystemRequest request)
    {
        if (!server.Accounts.TryFind(request.Account, out Account? account)) return RequestOutcome.Silent;
        string[] words = Encoding.UTF8.GetString(request.Body).Trim().Split(' ');
        return Number(Count(account, words[0], words.Length > 1 ? Encoding.UTF8.GetBytes(words[1]) : null));
    }

    /// <summary>Counts subscriptions of clients: to a literal subject those that match it, to a pattern those that are part of it.</summary>
    private int Count(Account account, string subject, byte[]? queue)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(subject);
        if (bytes.Length == 0) return 0;
        if (Subject.IsLiteral(bytes)) return CountMatches(account, bytes, queue);
        int count = 0;
        foreach (ClientSession session in server.Clients.Open)
        {
            if (!ReferenceEquals(session.Account, account)) continue;
            foreach (Subscription subscription in session.Subscriptions.Snapshot())
            {
                bool isInQueue = queue is null || queue.AsSpan().SequenceEqual(subscription.Queue);
                if (isInQueue && Subject.IsSubset(subscription.Subject, bytes)) count++;
            }
        }

        return count;
    }

    private static int CountMatches(Account account, byte[] subject, byte[]? queue)
    {
        var match = new SublistMatch<Subscription>();
        account.Match(subject, match);
        int count = 0;
        if (queue is null)
        {
            foreach (Subscription subscription in match.Plain)
            {
                if (IsClients(subscription)) count++;
            }
        }

        foreach (QueueMatch<Subscription> group in match.Queues)
        {
            if (queue is not null && !queue.AsSpan().SequenceEqual(group.Name)) continue;
            foreach (Subscription subscription in group.Members)
            {
                if (IsClients(subscription)) count++;
            }
        }

        return count;
    }

    // One that stands for an importer's is the importer's.
    private static bool IsClients(Subscription subscription) =>
        (subscription is ShadowSubscription shadow ? shadow.Real : subscription).Owner is ClientSubscriber;

    private static string ReadAccount(JsonCursor json, string account)
    {
        if (!json.EnterObject("server.accNumConnsReq")) return account;
        while (json.NextProperty(["acc"], out _)) account = json.Text(account);
        return account;
    }

    private static RequestOutcome Number(int count) => RequestOutcome.Whole(json => json.WriteNumberValue(count));

    /// <summary>What another server wants to know. Immutable.</summary>
    /// <param name="Account">The account.</param>
    /// <param name="Subject">May have wildcards.</param>
    /// <param name="Queue">Only members of this group; null for all.</param>
    private sealed record SubscriberQuestion(string Account, string Subject, byte[]? Queue)
    {
        public static SubscriberQuestion Read(JsonCursor json, SubscriberQuestion question)
        {
            if (!json.EnterObject("server.accNumSubsReq")) return question;
            while (json.NextProperty(["acc", "subject", "queue"], out string name))
            {
                question = name switch
                {
                    "acc" => question with { Account = json.Text(question.Account) },
                    "subject" => question with { Subject = json.Text(question.Subject) },
                    _ => question with { Queue = ReadQueue(json, question.Queue) },
                };
            }

            return question;
        }

        private static byte[]? ReadQueue(JsonCursor json, byte[]? queue)
        {
            if (json.SkipNull()) return null;
            string text = json.Text("", "[]uint8");
            var bytes = new byte[text.Length];
            if (Convert.TryFromBase64String(text, bytes, out int length)) return bytes[..length];
            json.Fail("illegal base64 data in queue");
            return queue;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "SYSTEM - Error unmarshalling account connections request message: {Problem}")]
        public static partial void BadConnectionsRequest(ILogger logger, string problem);

        [LoggerMessage(Level = LogLevel.Error, Message = "SYSTEM - Error unmarshalled account does not match subject")]
        public static partial void OtherAccount(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "SYSTEM - request requires a body")]
        public static partial void NoBody(ILogger logger);

        [LoggerMessage(Level = LogLevel.Error, Message = "SYSTEM - Error unmarshalling account nsubs request message: {Problem}")]
        public static partial void BadCountRequest(ILogger logger, string problem);
    }
}
