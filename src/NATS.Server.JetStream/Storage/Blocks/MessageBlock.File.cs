namespace NATS.Server.JetStream.Storage.Blocks;

internal sealed partial class MessageBlock
{
    private int _flushed;

    /// <summary>Whether records can be appended: not to blocks that are damaged or compressed.</summary>
    public bool CanAppend { get; private set; } = true;

    /// <summary>Bytes that were appended and are not yet handed to the operating system.</summary>
    public long PendingBytes => _settings.IsMemory ? 0 : RawBytes - _flushed;

    /// <summary>Nothing more will be appended.</summary>
    public void Seal() => CanAppend = false;

    /// <summary>Drops the records from memory if nobody used them since the last call. Returns whether they were dropped.</summary>
    public bool DropCache()
    {
        bool isIdle = !_isUsed;
        _isUsed = false;
        if (!isIdle || _settings.IsMemory || PendingBytes > 0) return false;
        _content = null;
        return true;
    }

    private void BeginFile() => _flushed = 0;

    private BlockContent ReadContent() => _content ?? throw new InvalidOperationException("a block of memory lost its content");

    private void CutFile(int offset) => _flushed = Math.Min(_flushed, offset);

    private void RewriteFile(BlockContent content) => _flushed = content.EndOffset;
}
