using System.Text;
using System.Text.Json;
using NATS.Server.Core.Jwt;

namespace NATS.Server.Fuzz.Targets;

/// <summary>Tokens, and the claims in them as if they had been signed: an error, or claims that can be validated, written and read again.</summary>
internal sealed class JwtTarget : IFuzzTarget
{
    private readonly ClaimValidator _validator = new(1_700_000_000, static _ => TimeZoneInfo.Utc);

    public string Name => "jwt";

    public long BaseAllocation => 256 * 1024;

    public int AllocationPerByte => 4096;

    public string? Run(byte[] input, Random random)
    {
        string text = Encoding.UTF8.GetString(input);
        JwtToken.TryDecode(text, out ClaimSet? _, out _);
        JwtToken.TryDecode($"eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ.{Base64Text.Encode(input)}.AAAA", out ClaimSet? _, out _);
        JwtToken.TryDecodeGeneric(text, out GenericClaims? _, out _);
        DecoratedText.ExtractToken(text);
        if (Read(input) is not { } claims) return null;

        _validator.Validate(claims).ToString();
        if (claims is UserClaims user) PermissionTemplate.TryExpand(user.Rights, user, "account", user.Tags, out _, out _);
        if (claims is GenericClaims || claims.Version != ClaimSet.CurrentVersion) return null;
        byte[] written = ClaimWriter.Write(claims).ToArray();
        ClaimSet? again = Read(written);
        if (again is null) return "what was written is not read";
        return ClaimWriter.Write(again).Span.SequenceEqual(written) ? null : "written otherwise the second time";
    }

    private static ClaimSet? Read(byte[] json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return ClaimReader.Read(document.RootElement, out _);
        }
        catch (Exception problem) when (problem is ClaimFormatException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
