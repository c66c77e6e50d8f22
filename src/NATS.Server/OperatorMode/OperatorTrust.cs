using NATS.Server.Core.Jwt;
using NATS.Server.Options;

namespace NATS.Server.OperatorMode;

/// <summary>Whose signatures the server trusts. Immutable.</summary>
internal sealed class OperatorTrust
{
    private readonly HashSet<string> _trusted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _strict = new(StringComparer.Ordinal);

    /// <summary>Reads the operators of a configuration.</summary>
    /// <exception cref="ArgumentException">A token cannot be read; validated options have none.</exception>
    public OperatorTrust(OperatorOptions options)
    {
        var operators = new List<OperatorClaims>(options.Tokens.Count);
        foreach (string token in options.Tokens)
        {
            if (!JwtToken.TryDecode(DecoratedText.ExtractToken(token), out OperatorClaims? claims, out string? error)) throw new ArgumentException(error, nameof(options));
            operators.Add(claims);
            if (!claims.StrictSigningKeyUsage) _trusted.Add(claims.Subject);
            _trusted.UnionWith(claims.SigningKeys);
            if (claims.StrictSigningKeyUsage) _strict.UnionWith(claims.SigningKeys);
        }

        _trusted.UnionWith(options.TrustedKeys);
        Operators = operators;
    }

    public IReadOnlyList<OperatorClaims> Operators { get; }

    /// <summary>The system account that the first operator names; empty for none.</summary>
    public string SystemAccount => Operators.Count > 0 ? Operators[0].SystemAccount : "";

    /// <summary>Whether accounts that this key signed may be used.</summary>
    public bool IsTrusted(string issuer) => _trusted.Contains(issuer);

    /// <summary>Whether accounts that this key signed have to sign their users with signing keys.</summary>
    public bool IsStrict(string issuer) => _strict.Contains(issuer);

    /// <summary>Whether the key may speak for the first operator about the store of accounts.</summary>
    public bool MayManage(string issuer) =>
        Operators.Count > 0
        && (Operators[0].SigningKeys.Contains(issuer, StringComparer.Ordinal) || (issuer == Operators[0].Subject && !Operators[0].StrictSigningKeyUsage));

    /// <summary>Whether the key is the own key of the first operator although that demands signing keys.</summary>
    public bool IsOwnKeyOfStrictOperator(string issuer) => Operators.Count > 0 && Operators[0].StrictSigningKeyUsage && issuer == Operators[0].Subject;
}
