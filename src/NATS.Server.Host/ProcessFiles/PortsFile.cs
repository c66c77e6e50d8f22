using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json;

namespace NATS.Server.Host.ProcessFiles;

/// <summary>The JSON file with the URLs this server listens on, named <c>executable_pid.ports</c>. Single-threaded.</summary>
/// <param name="executableName">The program's file name.</param>
internal sealed class PortsFile(string executableName)
{
    public string PathIn(string directory) => Path.Join(directory, $"{executableName}_{Environment.ProcessId}.ports");

    /// <summary>Writes the file; endpoints that are null have no list.</summary>
    /// <returns>Null, or why it could not be written.</returns>
    public string? Write(string directory, IPEndPoint? client, IPEndPoint? monitoring, IPEndPoint? profile = null, PortsFileSchemes? schemes = null)
    {
        var path = PathIn(directory);
        try
        {
            PrivateFile.Write(path, Render(client, monitoring, LocalAddresses, profile, schemes), PrivateFile.Everybody);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ErrorText.FileError("open", path, exception);
        }
    }

    /// <summary>Removes the file.</summary>
    /// <returns>Null, or why it could not be removed.</returns>
    public string? Delete(string directory)
    {
        var path = PathIn(directory);
        try
        {
            if (!File.Exists(path))
                throw new FileNotFoundException();
            File.Delete(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ErrorText.FileError("remove", path, exception);
        }
    }

    /// <summary>The content of the file. A listener on all addresses is listed once per address of this machine.</summary>
    internal static byte[] Render(
        IPEndPoint? client, IPEndPoint? monitoring, Func<IEnumerable<IPAddress>> localAddresses, IPEndPoint? profile = null, PortsFileSchemes? schemes = null)
    {
        schemes ??= new PortsFileSchemes();
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            WriteUrls(json, "nats", schemes.Client, client, localAddresses);
            WriteUrls(json, "monitoring", schemes.Monitoring, monitoring, localAddresses);
            WriteUrls(json, "profile", "http", profile, localAddresses);
            json.WriteEndObject();
        }
        return stream.ToArray();
    }

    private static void WriteUrls(Utf8JsonWriter json, string name, string scheme, IPEndPoint? listener, Func<IEnumerable<IPAddress>> localAddresses)
    {
        if (listener is null)
            return;
        var isUnspecified = listener.Address.Equals(IPAddress.Any) || listener.Address.Equals(IPAddress.IPv6Any);
        json.WriteStartArray(name);
        foreach (var address in isUnspecified ? localAddresses() : [listener.Address])
            json.WriteStringValue($"{scheme}://{new IPEndPoint(WithoutScope(address), listener.Port)}");
        json.WriteEndArray();
    }

    private static IPAddress WithoutScope(IPAddress address) =>
        address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? new IPAddress(address.GetAddressBytes()) : address;

    private static IEnumerable<IPAddress> LocalAddresses()
    {
        foreach (var card in NetworkInterface.GetAllNetworkInterfaces())
        {
            foreach (var unicast in card.GetIPProperties().UnicastAddresses)
                yield return unicast.Address;
        }
    }
}

/// <summary>How the listed listeners are spoken to. Immutable.</summary>
/// <param name="Client"><c>nats</c>, or <c>tls</c> where clients must use it.</param>
/// <param name="Monitoring"><c>http</c> or <c>https</c>.</param>
internal sealed record PortsFileSchemes(string Client = "nats", string Monitoring = "http")
{
    public static PortsFileSchemes Of(NATS.Server.Options.ServerOptions options) =>
        new(options.Tls is not null && !options.AllowNonTls ? "tls" : "nats", options.HttpsPort != 0 ? "https" : "http");
}
