namespace NATS.Server.Host.Top;

/// <summary>A server that can be asked.</summary>
internal interface ITopSource
{
    /// <summary>Asks.</summary>
    /// <exception cref="TopSourceException">There was no answer, or none that can be read.</exception>
    Task<TopSample> AskAsync(TopQuestion question, CancellationToken cancellationToken);
}

/// <summary>Why a server did not answer.</summary>
internal sealed class TopSourceException(string message, Exception? inner = null) : Exception(message, inner);
