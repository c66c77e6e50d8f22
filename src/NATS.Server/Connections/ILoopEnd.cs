namespace NATS.Server.Connections;

/// <summary>What has to be done before what a context staged is sent. Called by the context's thread only.</summary>
internal interface ILoopEnd
{
    /// <summary>Whether there is anything to do.</summary>
    bool HasEnds { get; }

    /// <summary>Does it; may stage more.</summary>
    void OnFlush();
}
