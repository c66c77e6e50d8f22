using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace NATS.Server.Core.Protocol;

/// <summary>
/// What a client says of itself in <c>CONNECT</c>. Immutable; <see cref="ToString"/> shows no secrets.
/// </summary>
/// <remarks>Texts are never null: a field that was not sent is the empty string.</remarks>
public sealed record ConnectOptions
{
    private const int DeepestNesting = 10_000;

    /// <summary>What holds until the first CONNECT.</summary>
    public static ConnectOptions Default { get; } = new() { Verbose = true, Pedantic = true, Echo = true };

    public ConnectOptions()
    {
    }

    private ConnectOptions(ConnectOptions current, ref ConnectReader reader) : this(current)
    {
        while (reader.NextField(out string name))
        {
            switch (name)
            {
                case "verbose": Verbose = reader.Flag(Verbose); break;
                case "pedantic": Pedantic = reader.Flag(Pedantic); break;
                case "echo": Echo = reader.Flag(Echo); break;
                case "tls_required": TlsRequired = reader.Flag(TlsRequired); break;
                case "headers": Headers = reader.Flag(Headers); break;
                case "no_responders": NoResponders = reader.Flag(NoResponders); break;
                case "name": Name = reader.Text(Name); break;
                case "lang": Language = reader.Text(Language); break;
                case "version": Version = reader.Text(Version); break;
                case "protocol": Protocol = reader.Number(Protocol); break;
                case "user": User = reader.Text(User); break;
                case "pass": Password = reader.Text(Password); break;
                case "auth_token": AuthToken = reader.Text(AuthToken); break;
                case "nkey": Nkey = reader.Text(Nkey); break;
                case "jwt": Jwt = reader.Text(Jwt); break;
                case "sig": Signature = reader.Text(Signature); break;
                case "proxy_sig": ProxySignature = reader.Text(ProxySignature); break;
                case "account": Account = reader.Text(Account); break;
                case "new_account": NewAccount = reader.Flag(NewAccount); break;
                case "import": Import = reader.Permission(Import); break;
                case "export": Export = reader.Permission(Export); break;
                case "remote_account": RemoteAccount = reader.Text(RemoteAccount); break;
                default: reader.Skip(); break;
            }
        }
    }

    /// <summary>Answer every protocol line with <c>+OK</c>.</summary>
    public bool Verbose { get; init; }

    /// <summary>Complain about invalid publish subjects.</summary>
    public bool Pedantic { get; init; }

    /// <summary>Deliver the connection's own messages back to it.</summary>
    public bool Echo { get; init; }
    public bool TlsRequired { get; init; }

    /// <summary>The client understands message headers.</summary>
    public bool Headers { get; init; }

    /// <summary>The client wants a status 503 when nobody received its request.</summary>
    public bool NoResponders { get; init; }
    public string Name { get; init; } = "";
    public string Language { get; init; } = "";
    public string Version { get; init; } = "";

    /// <summary>0, or 1 for a client that understands INFO at any time. Any 64-bit number can arrive; the session judges it.</summary>
    public long Protocol { get; init; }
    public string User { get; init; } = "";
    public string Password { get; init; } = "";
    public string AuthToken { get; init; } = "";
    public string Nkey { get; init; } = "";
    public string Jwt { get; init; } = "";

    /// <summary>Signature of the nonce, base64.</summary>
    public string Signature { get; init; } = "";
    public string ProxySignature { get; init; } = "";

    /// <summary>Refused when not empty, as is <see cref="NewAccount"/>.</summary>
    public string Account { get; init; } = "";
    public bool NewAccount { get; init; }

    /// <summary>Between servers only.</summary>
    public SubjectPermission? Import { get; init; }

    /// <summary>Between servers only.</summary>
    public SubjectPermission? Export { get; init; }

    /// <summary>Leaf nodes only.</summary>
    public string RemoteAccount { get; init; } = "";

    /// <summary>
    /// Reads the JSON of a CONNECT over <paramref name="current"/>: fields that are absent or null keep their value. Keys match without regard
    /// to case, unknown keys are skipped, the last of several equal keys wins, <c>null</c> instead of an object changes nothing.
    /// </summary>
    /// <param name="json">UTF-8; invalid sequences in texts become U+FFFD.</param>
    /// <param name="current"><see cref="Default"/> for the first CONNECT, afterwards what the last one left.</param>
    /// <param name="options">The result; null when false is returned.</param>
    /// <param name="error">For the log; contains nothing of the input but field names of ours.</param>
    /// <returns>False for malformed JSON, text after the object, or a known field of the wrong type.</returns>
    public static bool TryParse(
        ReadOnlySpan<byte> json,
        ConnectOptions current,
        [NotNullWhen(true)] out ConnectOptions? options,
        [NotNullWhen(false)] out string? error)
    {
        var reader = new ConnectReader(json, DeepestNesting);
        try
        {
            if (reader.Start())
            {
                options = new ConnectOptions(current, ref reader);
            }
            else
            {
                options = current;
            }

            reader.End();
            error = reader.TypeError;
        }
        catch (JsonException malformed)
        {
            // The exception's own text may quote what was sent.
            error = $"json: malformed at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine}";
            options = null;
            return false;
        }

        if (error is null) return true;
        options = null;
        return false;
    }

    public override string ToString() =>
        $"{nameof(ConnectOptions)} {{ Name = {Name}, Language = {Language}, Version = {Version}, Protocol = {Protocol}, User = {User}, " +
        $"Verbose = {Verbose}, Pedantic = {Pedantic}, Echo = {Echo}, Headers = {Headers}, NoResponders = {NoResponders} }}";
}
