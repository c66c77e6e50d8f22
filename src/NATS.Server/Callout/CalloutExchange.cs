using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Auth;
using NATS.Server.Connections;
using NATS.Server.Core.Config;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;

namespace NATS.Server.Callout;

/// <summary>
/// Requests from the server to authorization services, and their answers. Thread-safe. Each account has one subscription for all answers, so that logins
/// leave the account's cached matches alone. As many requests are under way as there are connections that log in, one each.
/// </summary>
/// <param name="accounts">All accounts.</param>
/// <param name="engine">The server's.</param>
/// <param name="lanes">Where answers are verified.</param>
internal sealed class CalloutExchange(AccountRegistry accounts, Func<IConnectionEngine> engine, LoginLanes lanes)
{
    private const int TokenSize = 16;

    private readonly ConcurrentDictionary<string, TaskCompletionSource<byte[]>> _pending = new(StringComparer.Ordinal);
    private readonly ConditionalWeakTable<Account, InternalClient> _clients = [];
    private readonly string _prefix = $"$SYS._INBOX.{RandomNumberGenerator.GetHexString(8)}.";

    /// <summary>Requests without an answer so far.</summary>
    public int Pending => _pending.Count;

    /// <summary>Asks and waits; no thread is held meanwhile. The answer continues where signatures are verified.</summary>
    /// <returns>The answer; null and the reason when there is none.</returns>
    public async ValueTask<(byte[]? Answer, string Error)> AskAsync(
        string accountName, ReadOnlyMemory<byte> headers, ReadOnlyMemory<byte> payload, TimeSpan timeout, TimeProvider time)
    {
        if (!accounts.TryFind(accountName, out Account? account)) return (null, $"No valid account {GoFormat.Quote(accountName)} for auth callout request");
        InternalClient client = _clients.GetValue(account, Subscribe);
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenSize));
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[token] = answer;
        try
        {
            int asked = client.Publish(Encoding.ASCII.GetBytes(CalloutSubjects.Request), Encoding.ASCII.GetBytes(_prefix + token), headers.Span, payload.Span);
            if (asked == 0) return (null, $"Authorization callout request has no responders on account {GoFormat.Quote(accountName)}");
            byte[] message = await answer.Task.WaitAsync(timeout, time).ConfigureAwait(false);
            await lanes.EnterAsync(CheckCost.Signature).ConfigureAwait(false);
            return (message, "");
        }
        catch (TimeoutException)
        {
            return (null, $"Authorization callout response not received in time on account {GoFormat.Quote(accountName)}");
        }
        finally
        {
            _pending.TryRemove(token, out _);
        }
    }

    private InternalClient Subscribe(Account account)
    {
        var client = new InternalClient(account, engine());
        client.Subscribe(Encoding.ASCII.GetBytes(_prefix + "*"), OnAnswer);
        return client;
    }

    private void OnAnswer(LoopContext loop, Subscription subscription, in InboundMessage message, Subscriber producer)
    {
        ReadOnlySpan<byte> subject = message.Subject;
        if (subject.Length <= _prefix.Length || !_pending.TryRemove(Encoding.ASCII.GetString(subject[_prefix.Length..]), out TaskCompletionSource<byte[]>? answer)) return;
        answer.TrySetResult(message.Body[Math.Max(0, message.HeaderSize)..^2].ToArray());
    }
}
