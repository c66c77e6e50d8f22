namespace NATS.Server.Testing.Storage;

/// <summary>A store did something else than the model.</summary>
public sealed class StoreMismatchException(string message, Exception? inner = null) : Exception(message, inner);
