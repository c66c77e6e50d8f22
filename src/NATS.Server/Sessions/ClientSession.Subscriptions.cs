using System.Runtime.CompilerServices;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Core.Subjects;

namespace NATS.Server.Sessions;

/// <summary>SUB and UNSUB. Read loop only, except <see cref="Unsubscribe"/>.</summary>
internal sealed partial class ClientSession
{
    // SUB <subject> [queue group] <sid>
    public bool OnSubscribe(LoopContext loop, ReadOnlySpan<byte> arguments)
    {
        if (_traced) Trace("SUB", arguments);
        _interestChanges++;
        ArgumentRanges parts = default;
        int count = Split(arguments, ref parts);
        if (count is not (2 or 3)) return Violate($"processSub Parse Error: {QuotedText.Quote(arguments)}");
        byte[] subject = arguments[parts[0]].ToArray();
        byte[]? queue = count == 3 ? arguments[parts[1]].ToArray() : null;
        byte[] sid = arguments[parts[count - 1]].ToArray();

        ClientRights rights = _rights;
        if (!MaySubscribe(subject, queue))
        {
            SendError(loop, SubscriptionViolation(subject, queue));
            LogError(queue is null
                ? $"Subscription Violation - Subject {QuotedText.Quote(subject)}, SID {Text(sid)}"
                : $"Subscription Violation - Subject {QuotedText.Quote(subject)}, Queue: {QuotedText.Quote(queue)}, SID {Text(sid)}");
            return true;
        }

        int maxTokens = _server.Options.MaxSubTokens;
        if (maxTokens > 0 && subject.AsSpan().Count(Subject.Separator) + 1 > maxTokens)
        {
            SendError(loop, $"Permissions Violation for Subscription to {QuotedText.Quote(subject)}, too many tokens");
            LogError($"Subscription Violation Too Many Tokens - Subject {QuotedText.Quote(subject)}, SID {Text(sid)}");
            return true;
        }

        if (MaxSubscriptions >= 0 && _subscriptions.Count >= MaxSubscriptions)
        {
            if (_server.MayLog(ProtocolTexts.MaximumSubscriptionsExceeded)) LogError(ProtocolTexts.MaximumSubscriptionsExceeded);
            SendError(loop, ProtocolTexts.MaximumSubscriptionsExceeded);
            return true;
        }

        if (!_subscriptions.TryGet(sid, out _))
        {
            if (!Subject.IsValid(subject))
            {
                SendError(loop, ProtocolTexts.InvalidSubject);
                return true;
            }

            var subscription = new Subscription(_subscriber, subject, queue, sid) { IsFiltered = rights.NeedsDeliveryCheck(subject) };
            _subscriptions.TryAdd(sid, subscription);
            _account.Insert(subscription);
            if (LogsDebug) LogImports(subscription);

            // A reload that changed the rights meanwhile may not have seen this subscription.
            if (!ReferenceEquals(rights, _rights)) Recheck(subscription);
        }

        if (Verbose) SendOk(loop);
        return true;
    }

    private void LogImports(Subscription subscription)
    {
        foreach (ShadowSubscription shadow in subscription.Shadows)
        {
            LogDebug($"Creating import subscription on {QuotedText.Quote(shadow.Subject)} from account {QuotedText.Quote(shadow.Exporter.Name)}");
        }
    }

    // UNSUB <sid> [max]
    public bool OnUnsubscribe(LoopContext loop, ReadOnlySpan<byte> arguments)
    {
        if (_traced) Trace("UNSUB", arguments);
        _interestChanges++;
        ArgumentRanges parts = default;
        int count = Split(arguments, ref parts);
        if (count is not (1 or 2)) return Violate($"processUnsub Parse Error: {QuotedText.Quote(arguments)}");
        int max = count == 2 ? ParseMax(arguments[parts[1]]) : -1;
        if (_subscriptions.TryGet(arguments[parts[0]], out Subscription? subscription) && !SetMax(subscription, max)) Unsubscribe(subscription);
        if (Verbose) SendOk(loop);
        return true;
    }

    /// <summary>Lets a subscription live until it has had <paramref name="max"/> deliveries. False when it has had them.</summary>
    private bool SetMax(Subscription subscription, int max)
    {
        _outbound.Enter();
        bool lives = max > 0 && max > subscription.Delivered;
        subscription.Max = lives ? max : 0;
        long delivered = subscription.Delivered;
        _outbound.Exit();
        if (lives && LogsDebug) LogDebug($"Deferring actual UNSUB({Text(subscription.Subject)}): {max} max, {delivered} received");
        return lives;
    }

    /// <summary>Ends a subscription. Any thread.</summary>
    private void Unsubscribe(Subscription subscription)
    {
        if (_traced) Trace($"<-> [DELSUB {Text(subscription.Sid)}]");
        subscription.IsClosed = true;
        if (_subscriptions.Remove(subscription)) _account.Remove(subscription);
    }

    private static string SubscriptionViolation(byte[] subject, byte[]? queue) =>
        queue is null
            ? $"Permissions Violation for Subscription to {QuotedText.Quote(subject)}"
            : $"Permissions Violation for Subscription to {QuotedText.Quote(subject)} using queue {QuotedText.Quote(queue)}";

    private bool MaySubscribe(byte[] subject, byte[]? queue)
    {
        // The reference keeps one queue name for itself.
        if (queue is not null && queue.AsSpan().SequenceEqual("_sys_"u8)) return false;
        return _rights.MaySubscribe(subject, queue);
    }

    /// <summary>A decimal of at most nine digits; -1 for anything else.</summary>
    private static int ParseMax(ReadOnlySpan<byte> digits)
    {
        const int maxDigits = 9;
        if (digits.Length is 0 or > maxDigits) return -1;
        int value = 0;
        foreach (byte digit in digits)
        {
            if ((uint)(digit - '0') > 9) return -1;
            value = (value * 10) + (digit - '0');
        }

        return value;
    }

    /// <summary>Splits at blanks. Returns the number of arguments; of more than there are ranges, one more than there are ranges.</summary>
    private static int Split(ReadOnlySpan<byte> arguments, ref ArgumentRanges ranges)
    {
        int count = 0;
        int start = -1;
        for (int i = 0; i <= arguments.Length; i++)
        {
            bool blank = i == arguments.Length || arguments[i] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
            if (!blank)
            {
                if (start < 0) start = i;
                continue;
            }

            if (start < 0) continue;
            if (count == ArgumentRanges.Size) return count + 1;
            ranges[count++] = start..i;
            start = -1;
        }

        return count;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    [InlineArray(Size)]
    private struct ArgumentRanges
    {
        public const int Size = 3;

        private Range _first;
    }
}
