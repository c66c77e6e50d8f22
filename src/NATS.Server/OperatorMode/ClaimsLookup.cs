using System.Security.Cryptography;
using System.Text;
using NATS.Server.Accounts;
using NATS.Server.Connections;
using NATS.Server.Core.Protocol;
using NATS.Server.Delivery;

namespace NATS.Server.OperatorMode;

/// <summary>Asks the other servers, and whoever else answers in the system account, for the token of an account. Thread-safe.</summary>
/// <param name="client">Of the system account.</param>
/// <param name="time">For the time-out.</param>
/// <param name="timeout">How long an answer may take.</param>
internal sealed class ClaimsLookup(InternalClient client, TimeProvider time, TimeSpan timeout)
{
    /// <summary>The token that came first.</summary>
    /// <exception cref="ResolverException">None came in time.</exception>
    public async Task<string> AskAsync(string account, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        byte[] inbox = Encoding.ASCII.GetBytes("$SYS._INBOX." + Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        Subscription subscription = client.Subscribe(inbox, OnAnswer);
        try
        {
            client.Publish(Encoding.ASCII.GetBytes($"$SYS.REQ.ACCOUNT.{account}.CLAIMS.LOOKUP"), inbox, [], []);
            return await answer.Task.WaitAsync(timeout, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new ResolverException("fetching jwt timed out");
        }
        catch (OperationCanceledException)
        {
            throw new ResolverException("fetching jwt failed due to shutdown");
        }
        finally
        {
            client.Unsubscribe(subscription);
        }

        // An empty answer says that one server does not know the account; another may.
        void OnAnswer(LoopContext loop, Subscription matched, in InboundMessage message, Subscriber producer)
        {
            ReadOnlySpan<byte> payload = message.Payload;
            if (!payload.IsEmpty) answer.TrySetResult(Encoding.UTF8.GetString(payload));
        }
    }
}
