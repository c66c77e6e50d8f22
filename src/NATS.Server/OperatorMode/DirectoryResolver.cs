namespace NATS.Server.OperatorMode;

/// <summary>Keeps tokens in a folder and asks other servers for those it has not. Thread-safe.</summary>
/// <param name="directory">The folder. Disposed with this.</param>
internal sealed class DirectoryResolver(JwtDirectory directory) : IAccountResolver
{
    /// <summary>Asks other servers; null until the server can.</summary>
    public Func<string, CancellationToken, Task<string>>? AskOthers { get; set; }

    public bool IsReadOnly => false;

    public JwtDirectory Directory => directory;

    public ValueTask<string> FetchAsync(string account, CancellationToken cancellation)
    {
        try
        {
            if (directory.Load(account) is { Length: > 0 } token) return new(token);
        }
        catch (ResolverException)
        {
            // Others may have what cannot be read here.
        }

        return AskOthers is { } ask ? new(AskAsync(ask, account, cancellation)) : throw new ResolverException("eventing shut down");
    }

    public void Store(string account, string token) => directory.SaveIfNewer(account, token);

    public void Dispose() => directory.Dispose();

    private async Task<string> AskAsync(Func<string, CancellationToken, Task<string>> ask, string account, CancellationToken cancellation)
    {
        string token = await ask(account, cancellation).ConfigureAwait(false);
        directory.SaveFromPeer(account, token);
        return token;
    }
}
