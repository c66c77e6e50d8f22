namespace NATS.Server.Testing;

/// <summary>Ends a test as skipped. The runner recognises the token its message begins with, so this library needs no test framework.</summary>
public sealed class SkippedTestException(string reason) : Exception("$XunitDynamicSkip$" + reason);
