using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using NATS.Server.Core.Config;

namespace NATS.Server.Host.Explain;

/// <summary>Puts a question to a running server. Used once.</summary>
internal sealed class ExplainClient(ExplainArguments asked)
{
    private const int MaximumFile = 1024 * 1024;
    private const int InboxBytes = 11;

    /// <summary>Connects, asks, and waits for answers.</summary>
    /// <returns>At least one.</returns>
    /// <exception cref="ExplainException">There are none.</exception>
    public async Task<IReadOnlyList<ExplainAnswer>> AskAsync()
    {
        ConnectSettings connect = asked.Connect;
        var targets = new List<(AskedServer Target, NatsLogin Login, SslClientAuthenticationOptions Tls)>();
        foreach (AskedServer target in connect.Targets) targets.Add((target, NatsLogin.Read(target.Login, ReadFile), ReadTls(target.Address)));
        using var deadline = new CancellationTokenSource(asked.Timeout);

        // One that does not answer at all leaves time for the others.
        TimeSpan share = asked.Timeout / targets.Count;
        var problems = new List<string>();
        foreach ((AskedServer target, NatsLogin login, SslClientAuthenticationOptions tls) in targets)
        {
            if (await ConnectAsync(target, tls, share, problems, deadline.Token) is { } wire) return await AskAsync(target, login, wire, deadline.Token);
        }

        throw new ExplainException(string.Join("; ", problems));
    }

    private static async Task<TcpWire?> ConnectAsync(AskedServer target, SslClientAuthenticationOptions tls, TimeSpan patience, List<string> problems, CancellationToken deadline)
    {
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        attempt.CancelAfter(patience);
        try
        {
            return await TcpWire.ConnectAsync(target.Address, tls, attempt.Token);
        }
        catch (SocketException unreachable)
        {
            problems.Add($"{target.Address}: {ErrorText.SocketReason(unreachable)}");
        }
        catch (OperationCanceledException)
        {
            problems.Add(NoAnswer(target, patience));
        }

        return null;
    }

    private static string NoAnswer(AskedServer target, TimeSpan patience) => $"{target.Address}: no answer in {GoDuration.Format(patience)}";

    private static string ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaximumFile) throw new ExplainException($"{path}: too long for a file of credentials", ExplainExit.BadArguments);
            return File.ReadAllText(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ExplainException(ErrorText.FileError("open", path, problem), ExplainExit.BadArguments, problem);
        }
    }

    private SslClientAuthenticationOptions ReadTls(ServerAddress address)
    {
        try
        {
            SslClientAuthenticationOptions tls = ClientTls.Read(asked.Connect.CertificateFile, asked.Connect.KeyFile, asked.Connect.AuthorityFile);
            tls.TargetHost = address.Host;
            return tls;
        }
        catch (UnreadableFileException problem)
        {
            throw new ExplainException(problem.Message, ExplainExit.BadArguments, problem);
        }
    }

    private async Task<IReadOnlyList<ExplainAnswer>> AskAsync(AskedServer target, NatsLogin login, TcpWire wire, CancellationToken deadline)
    {
        try
        {
            await using NatsConversation server = await NatsConversation.OpenAsync(wire, login, asked.Connect.WantsTls(target.Address), asked.Connect.IsTlsFirst, deadline);
            string subject = asked.AsksAll ? "$SYS.REQ.SERVER.PING.EXPLAIN" : $"$SYS.REQ.SERVER.{asked.ServerId ?? server.Server.Id}.EXPLAIN";
            string inbox = $"{asked.Connect.InboxPrefix}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(InboxBytes))}";
            IReadOnlyList<byte[]> answers = await server.AskAsync(subject, inbox, ExplainBody.Write(asked.Question), asked.AsksAll, deadline);
            return answers.Count > 0 ? [.. answers.Select(static answer => ExplainAnswer.Read(answer))] : throw new ExplainException(WhyNobody(server.Server));
        }
        catch (ExplainException problem)
        {
            throw new ExplainException($"{target.Address}: {problem.Message}", problem.ExitCode, problem);
        }
        catch (OperationCanceledException late)
        {
            throw new ExplainException(NoAnswer(target, asked.Timeout), inner: late);
        }
        catch (Exception problem) when (problem is IOException or AuthenticationException)
        {
            throw new ExplainException($"{target.Address}: {ReasonOf(problem)}", inner: problem);
        }
    }

    // A broken connection wraps why it broke.
    private static string ReasonOf(Exception problem) => problem.InnerException is SocketException socket ? ErrorText.SocketReason(socket) : problem.Message;

    private string WhyNobody(ServerGreeting server) => server.IsSystemAccount switch
    {
        false => $"the user is in the account {server.Account} and not in the system account: nobody answered; ask with a user of the account $SYS, or whichever is the system account",
        true when asked.ServerId is { } id && id != server.Id => $"no server with the id {id} answered",
        true => $"the server {server.Name} (version {server.Version}) does not know the question: explain needs this server, nats-server of Go has no such request",
        null => "nobody answered: the user is not in the system account, or the server does not know the question",
    };
}
