using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>Reads publish and subscribe permissions. Pure.</summary>
internal static class PermissionsReader
{
    private static readonly ResponsePermissionOptions DefaultResponses = new(MaxMessages: 1, Expires: TimeSpan.FromMinutes(2));

    private static readonly BlockReader<PermissionsOptions> Keys = new(
        static name => $"Unknown field {name} parsing permissions",
        new KeyReader<PermissionsOptions>("publish pub import", (p, e) => p with { Publish = ReadSubjects(e, allowsQueue: false) }),
        new KeyReader<PermissionsOptions>("subscribe sub export", (p, e) => p with { Subscribe = ReadSubjects(e, allowsQueue: true) }),
        new KeyReader<PermissionsOptions>("allow_responses publish_allow_responses", (p, e) => p with { AllowResponses = ReadResponses(e) }));

    private static readonly BlockReader<ResponsePermissionOptions> ResponseKeys = new(
        static name => $"Unknown field {name} parsing permissions",
        // 0 stands for the default, a negative value for no limit.
        Key.Int<ResponsePermissionOptions>("max max_msgs max_messages max_responses", (r, v) => v == 0 ? r : r with { MaxMessages = v }),
        new KeyReader<ResponsePermissionOptions>("expires expiration ttl", ReadExpiration));

    private static readonly BlockReader<SubjectPermissionOptions> PublishKeys = SubjectKeys(allowsQueue: false);
    private static readonly BlockReader<SubjectPermissionOptions> SubscribeKeys = SubjectKeys(allowsQueue: true);

    /// <summary>Reads a permissions block; null when it is none.</summary>
    public static PermissionsOptions? Read(ConfigEntry entry)
    {
        if (entry.Content is not ConfigMap map)
        {
            entry.Fail($"Expected permissions to be a map/struct, got {GoFormat.Value(entry.Content)}");
            return null;
        }
        var permissions = Keys.Read(map, new PermissionsOptions(), entry.Diagnostics);
        // Who may answer requests may publish nothing else, unless that is allowed explicitly.
        if (permissions.AllowResponses is not null && permissions.Publish?.Allow is null)
            permissions = permissions with { Publish = (permissions.Publish ?? new SubjectPermissionOptions()) with { Allow = [] } };
        return permissions;
    }

    // A subject, subjects, or { allow, deny } of such.
    private static SubjectPermissionOptions? ReadSubjects(ConfigEntry entry, bool allowsQueue)
    {
        if (entry.Content is not ConfigMap map) return new SubjectPermissionOptions { Allow = ReadList(entry, allowsQueue) };
        return map.Count == 0 ? null : (allowsQueue ? SubscribeKeys : PublishKeys).Read(map, new SubjectPermissionOptions(), entry.Diagnostics);
    }

    private static BlockReader<SubjectPermissionOptions> SubjectKeys(bool allowsQueue) => new(
        static name => $"Unknown field name {name} parsing subject permissions, only 'allow' or 'deny' are permitted",
        new KeyReader<SubjectPermissionOptions>("allow", (p, e) => p with { Allow = ReadList(e, allowsQueue) }),
        new KeyReader<SubjectPermissionOptions>("deny", (p, e) => p with { Deny = ReadList(e, allowsQueue) }));

    // An empty list is no list, as in the reference: it restricts nothing.
    private static List<string>? ReadList(ConfigEntry entry, bool allowsQueue)
    {
        var subjects = new List<string>();
        switch (entry.Content)
        {
            case string subject:
                subjects.Add(subject);
                break;
            case ConfigArray array:
                foreach (var item in array)
                {
                    if (item.Content is string subject)
                        subjects.Add(subject);
                    else
                        entry.Diagnostics.Error(item.Position, "Subject in permissions array cannot be cast to string");
                }
                break;
            default:
                entry.Fail($"Expected subject permissions to be a subject, or array of subjects, got {entry.TypeName}");
                break;
        }
        foreach (var subject in subjects)
        {
            if (PermissionCheck.ValidateSubject(subject, allowsQueue) is { } error) entry.Fail(error);
        }
        return subjects.Count == 0 ? null : subjects;
    }

    private static ResponsePermissionOptions? ReadResponses(ConfigEntry entry)
    {
        switch (entry.Content)
        {
            case bool isAllowed:
                return isAllowed ? DefaultResponses : null;
            case ConfigMap map:
                return ResponseKeys.Read(map, DefaultResponses, entry.Diagnostics);
            default:
                entry.Fail("error parsing response permissions, expected a boolean or a map");
                return null;
        }
    }

    private static ResponsePermissionOptions ReadExpiration(ResponsePermissionOptions responses, ConfigEntry entry)
    {
        if (entry.Content is not string)
        {
            entry.Fail("error parsing expires, not a duration string");
            return responses;
        }
        return entry.TryDurationText("error parsing expires", out var expires) && expires != TimeSpan.Zero ? responses with { Expires = expires } : responses;
    }
}
