using System.ComponentModel;
using System.Diagnostics;
using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Clients;

/// <summary>Thread-safe. The JavaScript packages of the tests, which test.sh installs; a machine without them skips.</summary>
internal static class NodePackages
{
    private static readonly Lazy<string?> WhatIsMissing = new(FindMissing);
    private static readonly string[] Installed = ["transport-node", "jetstream", "kv", "obj"];

    public static string Folder { get; } = Repository.PathOf("tests", "NATS.Server.InteropTests", "Clients", "node");

    /// <summary>Why they cannot be used; null when they can.</summary>
    public static string? Missing => WhatIsMissing.Value;

    private static string? FindMissing()
    {
        if (!Installed.All(package => Directory.Exists(Path.Combine(Folder, "node_modules", "@nats-io", package)))) return "the JavaScript client is not installed (test.sh does it)";
        try
        {
            using Process node = Process.Start(new ProcessStartInfo("node", "--version") { UseShellExecute = false, RedirectStandardOutput = true })!;
            node.WaitForExit();
            return null;
        }
        catch (Win32Exception)
        {
            return "node is not installed";
        }
    }
}
