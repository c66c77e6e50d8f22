using NATS.Server.Options;

namespace NATS.Server.Auth;

/// <summary>Compiles the permissions of one configuration; users that share their options share the set, so that verdicts are cached for all of them. One thread.</summary>
internal sealed class PermissionCompiler
{
    private readonly Dictionary<(PermissionsOptions, bool), PermissionSet> _compiled = new(ReferenceComparer.Instance);
    private PermissionSet? _deniesCalloutOnly;

    /// <summary>The set for these options.</summary>
    /// <param name="options">Null restricts nothing.</param>
    /// <param name="deniesCallout">Requests to the authorization service must not be made up: its subject is denied.</param>
    /// <returns>Null when nothing is restricted.</returns>
    /// <exception cref="ArgumentException">Permissions are invalid; validated options are not.</exception>
    public PermissionSet? Compile(PermissionsOptions? options, bool deniesCallout)
    {
        if (options is null) return deniesCallout ? _deniesCalloutOnly ??= new PermissionSet(DenyCallout(new PermissionsOptions())) : null;
        if (_compiled.TryGetValue((options, deniesCallout), out PermissionSet? known)) return known;
        return _compiled[(options, deniesCallout)] = new PermissionSet(deniesCallout ? DenyCallout(options) : options);
    }

    /// <summary>The same permissions, without the right to publish where only the server does.</summary>
    public static PermissionsOptions DenyCallout(PermissionsOptions options)
    {
        SubjectPermissionOptions publish = options.Publish ?? new SubjectPermissionOptions();
        return options with { Publish = publish with { Deny = [.. publish.Deny ?? [], CalloutSubjects.Request] } };
    }

    private sealed class ReferenceComparer : IEqualityComparer<(PermissionsOptions, bool)>
    {
        public static ReferenceComparer Instance { get; } = new();

        public bool Equals((PermissionsOptions, bool) x, (PermissionsOptions, bool) y) => ReferenceEquals(x.Item1, y.Item1) && x.Item2 == y.Item2;

        public int GetHashCode((PermissionsOptions, bool) obj) => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(obj.Item1);
    }
}
