using System.Text;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.Testing.Jwt;

/// <summary>A user of an <see cref="AccountSetup"/>.</summary>
/// <param name="Key">Signs nonces.</param>
/// <param name="Token">What the user presents.</param>
public sealed record UserSetup(NkeyPair Key, string Token)
{
    /// <summary>The public key.</summary>
    public string Id => Key.ToString();

    /// <summary>The text of a credentials file.</summary>
    public string Credentials
    {
        get
        {
            var seed = new char[NkeyPair.SeedTextLength];
            Key.ExportSeed(seed);
            return $"-----BEGIN NATS USER JWT-----\n{Token}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n{new string(seed)}\n------END USER NKEY SEED------\n";
        }
    }

    /// <summary>The signature over a nonce, as CONNECT wants it.</summary>
    public string Sign(string nonce) => Base64Text.Encode(Key.Sign(Encoding.ASCII.GetBytes(nonce)));

    /// <summary>The arguments of CONNECT that log the user in.</summary>
    /// <param name="nonce">Of the server's INFO.</param>
    /// <param name="more">Further fields, each with a comma before it.</param>
    public string Connect(string nonce, string more = "") =>
        $$"""{"verbose":false,"pedantic":false,"jwt":"{{Token}}","sig":"{{Sign(nonce)}}","headers":true,"no_responders":true,"echo":true,"protocol":0{{more}}}""";
}
