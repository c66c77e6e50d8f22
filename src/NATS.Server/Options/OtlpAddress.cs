using System.Diagnostics.CodeAnalysis;
using NATS.Server.Core.Config;

namespace NATS.Server.Options;

/// <summary>The address of a collector, as blocks of the configuration say it. Pure.</summary>
internal static class OtlpAddress
{
    /// <summary>Reads <c>otlp</c> of a block.</summary>
    /// <param name="entry">The key and its value.</param>
    /// <param name="block">The block's name, for the diagnostics.</param>
    /// <param name="address">With http or https.</param>
    public static bool TryRead(ConfigEntry entry, string block, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (!entry.TryText(out string? text)) return false;
        if (Uri.TryCreate(text, UriKind.Absolute, out address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)) return true;
        entry.Fail($"{block} otlp {GoFormat.Quote(text)} must be an http or https address");
        return false;
    }

    /// <summary>An address as it may be shown: without what may be a secret in it.</summary>
    public static string Show(Uri address) => address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
