using NATS.Server.Testing;

namespace NATS.Server.InteropTests.Tools;

/// <summary>What a tool sends when it is told to do something, as a file in <c>Tools/Requests</c> records it. Immutable.</summary>
/// <param name="Tool">The tool and what it is told to do.</param>
/// <param name="Lines">Its requests, one a line, in their order.</param>
internal sealed record ToolRequests(string Tool, IReadOnlyList<string> Lines)
{
    /// <summary>Everything that a file records; what stands before the first tool is for people.</summary>
    public static IReadOnlyList<ToolRequests> Read(string file)
    {
        List<ToolRequests> tools = [];
        List<string> lines = [];
        foreach (string line in File.ReadLines(Repository.PathOf("tests", "NATS.Server.InteropTests", "Tools", "Requests", file)))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal)) tools.Add(new ToolRequests(line[3..], lines = []));
            else if (line.Length > 0) lines.Add(line);
        }

        return tools;
    }
}
