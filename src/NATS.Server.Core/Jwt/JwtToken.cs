using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using NATS.Server.Core.Security;

namespace NATS.Server.Core.Jwt;

/// <summary>Reads and writes signed tokens: header, claims and signature in base64, with dots between them. Pure, thread-safe.</summary>
public static class JwtToken
{
    /// <summary>The longest token that is read, in characters.</summary>
    public const int MaxSize = 1024 * 1024;

    /// <summary>How every token begins.</summary>
    public const string Prefix = "eyJ";

    private const string Algorithm = "ed25519-nkey";
    private const string OldAlgorithm = "ed25519";
    private const int Parts = 3;

    private delegate ClaimSet Reader(JsonElement json, out bool isOldSignature);

    /// <summary>Reads a token and verifies its signature, and that its issuer is of a role that may sign such tokens.</summary>
    /// <remarks>Says nothing about whether the issuer is trusted, nor about times; see <see cref="ClaimValidator"/>.</remarks>
    public static bool TryDecode(string token, [NotNullWhen(true)] out ClaimSet? claims, [NotNullWhen(false)] out string? error) =>
        TryRead(token, static (JsonElement json, out bool isOldSignature) => ClaimReader.Read(json, out isOldSignature), isGeneric: false, out claims, out error);

    /// <summary>As <see cref="TryDecode(string, out ClaimSet?, out string?)"/>, and the token must be of the kind.</summary>
    public static bool TryDecode<T>(string token, [NotNullWhen(true)] out T? claims, [NotNullWhen(false)] out string? error)
        where T : ClaimSet
    {
        claims = null;
        if (!TryDecode(token, out ClaimSet? any, out error)) return false;
        claims = any as T;
        if (claims is null) error = NotOfKind(typeof(T));
        return claims is not null;
    }

    /// <summary>Reads a token of any kind without regard to what is in it beyond the common fields. Its issuer may be of any role.</summary>
    public static bool TryDecodeGeneric(string token, [NotNullWhen(true)] out GenericClaims? claims, [NotNullWhen(false)] out string? error)
    {
        bool isRead = TryRead(token, ReadGeneric, isGeneric: true, out ClaimSet? any, out error);
        claims = (GenericClaims?)any;
        return isRead;

        static ClaimSet ReadGeneric(JsonElement json, out bool isOldSignature)
        {
            isOldSignature = false;
            return ClaimReader.ReadGeneric(json);
        }
    }

    /// <summary>Writes and signs a token. Issuer, time of issue and id are set here.</summary>
    /// <param name="claims">What it shall say.</param>
    /// <param name="signer">Of a role that may sign such tokens.</param>
    /// <param name="nowSeconds">Since 1970.</param>
    /// <exception cref="ArgumentException">The subject or the signer cannot have such a token.</exception>
    public static string Encode(ClaimSet claims, NkeyPair signer, long nowSeconds)
    {
        if (SubjectProblem(claims) is { } problem) throw new ArgumentException(problem, nameof(claims));
        ClaimSet issued = claims with { Issuer = signer.ToString(), IssuedAt = nowSeconds, Id = "" };
        if (IssuerProblem(issued) is { } refusal) throw new ArgumentException(refusal, nameof(signer));

        issued = issued with { Id = IdOf(issued) };
        string signed = Base64Text.Encode("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}"u8) + "." + Base64Text.Encode(ClaimWriter.Write(issued).Span);
        return signed + "." + Base64Text.Encode(signer.Sign(Encoding.ASCII.GetBytes(signed)));
    }

    /// <summary>The digest of the common fields but the id, by which tools tell tokens apart.</summary>
    public static string IdOf(ClaimSet claims)
    {
        Span<byte> digest = stackalloc byte[Sha512Of256.HashSize];
        Sha512Of256.HashData(ClaimWriter.WriteCommonOnly(claims with { Id = "" }).Span, digest);
        return Base32.Encode(digest);
    }

    private static bool TryRead(string token, Reader read, bool isGeneric, [NotNullWhen(true)] out ClaimSet? claims, [NotNullWhen(false)] out string? error)
    {
        claims = null;
        error = null;
        try
        {
            claims = Read(token, read, isGeneric);
            return true;
        }
        catch (ClaimFormatException problem)
        {
            error = problem.Message;
        }
        catch (JsonException)
        {
            error = "malformed JSON in token";
        }
        catch (InvalidOperationException)
        {
            // What the JSON reader throws for text that is not Unicode.
            error = "malformed text in token";
        }

        return false;
    }

    private static ClaimSet Read(string token, Reader read, bool isGeneric)
    {
        if (token.Length > MaxSize) throw new ClaimFormatException($"token size {token.Length} exceeds maximum of {MaxSize} bytes: token too large");
        Span<Range> parts = stackalloc Range[Parts + 1];
        if (token.AsSpan().Split(parts, '.') != Parts) throw new ClaimFormatException("expected 3 chunks");

        bool hasOldAlgorithm = ReadHeader(Decode(token.AsSpan(parts[0])));
        byte[] json = Decode(token.AsSpan(parts[1]));
        using JsonDocument document = JsonDocument.Parse(json);
        ClaimSet claims = read(document.RootElement, out bool isOldSignature);
        byte[] signature = Decode(token.AsSpan(parts[2]));

        // A token without particulars tells by its header what was signed; the others by their version.
        isOldSignature = isGeneric ? hasOldAlgorithm : isOldSignature;
        Range covered = isOldSignature ? parts[1] : ..parts[1].End.Value;
        if (!IsSigned(claims.Issuer, Encoding.UTF8.GetBytes(token[covered]), signature))
        {
            throw new ClaimFormatException($"claim failed V{(isOldSignature ? 1 : 2)} signature verification");
        }

        if (!isGeneric && IssuerProblem(claims) is { } refusal) throw new ClaimFormatException(refusal);
        return claims;
    }

    private static byte[] Decode(ReadOnlySpan<char> part) => Base64Text.TryDecode(part) ?? throw new ClaimFormatException("illegal base64 data in token");

    // Whether the algorithm is that of version 1.
    private static bool ReadHeader(byte[] json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var header = new ClaimFields(document.RootElement, "");
        string type = header.Text("typ");
        string algorithm = header.Text("alg");
        if (!type.Equals("JWT", StringComparison.OrdinalIgnoreCase)) throw new ClaimFormatException($"not supported type {Quote(type)}");
        if (algorithm.Equals(Algorithm, StringComparison.OrdinalIgnoreCase)) return false;
        if (algorithm.Equals(OldAlgorithm, StringComparison.OrdinalIgnoreCase)) return true;
        throw new ClaimFormatException($"unexpected {Quote(algorithm)} algorithm");
    }

    private static bool IsSigned(string issuer, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        Nkey.TryParse(issuer, out Nkey key) && key.Verify(message, signature);

    private static string? SubjectProblem(ClaimSet claims)
    {
        if (claims.Subject.Length == 0) return "subject is not set";
        return claims switch
        {
            OperatorClaims when !Nkey.IsValid(claims.Subject, NkeyRole.Operator) => "expected subject to be an operator public key",
            AccountClaims when !Nkey.IsValid(claims.Subject, NkeyRole.Account) => "expected subject to be account public key",
            UserClaims when !Nkey.IsValid(claims.Subject, NkeyRole.User) => "expected subject to be user public key",
            ActivationClaims when !Nkey.IsValid(claims.Subject, NkeyRole.Account) => "expected subject to be an account",
            _ => null,
        };
    }

    private static string? IssuerProblem(ClaimSet claims)
    {
        string issuer = claims.Issuer;
        (bool isRight, string roles) = claims.Kind switch
        {
            ClaimKind.Operator => (Nkey.IsValid(issuer, NkeyRole.Operator), "operator"),
            ClaimKind.Account or ClaimKind.Activation => (Nkey.IsValid(issuer, NkeyRole.Account) || Nkey.IsValid(issuer, NkeyRole.Operator), "account operator"),
            ClaimKind.User or ClaimKind.AuthorizationResponse => (Nkey.IsValid(issuer, NkeyRole.Account), "account"),
            ClaimKind.AuthorizationRequest => (Nkey.IsValid(issuer, NkeyRole.Server), "server"),
            _ => (true, ""),
        };
        return isRight ? null : $"unable to validate expected prefixes - [{roles}]";
    }

    private static string NotOfKind(Type kind) =>
        kind == typeof(OperatorClaims) ? "not operator claim"
        : kind == typeof(AccountClaims) ? "not account claim"
        : kind == typeof(UserClaims) ? "not user claim"
        : kind == typeof(ActivationClaims) ? "not activation claim"
        : "not an authorization request claim";

    // A header may be as long as a token; an error need not.
    private static string Quote(string text) => Config.GoFormat.Quote(text.Length <= 64 ? text : text[..64]);
}
