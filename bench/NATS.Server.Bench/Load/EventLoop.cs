using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NATS.Server.Connections.Epoll;

namespace NATS.Server.Bench.Load;

/// <summary>One thread, one epoll, one receive buffer for all connections. Used by the thread that runs the case only.</summary>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int MaximumEvents = 1024;

    /// <summary>Bytes taken per receive: large enough to make the system call cheap, small enough for the second-level cache.</summary>
    private const int ReceiveLength = 128 * 1024;

    // epoll_event is packed on x86-64 only.
    private static readonly int EventLength = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int EventDataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly int _epoll;
    private readonly List<Peer> _peers = [];
    private readonly byte[] _events = GC.AllocateArray<byte>(MaximumEvents * 16, pinned: true);
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(ReceiveLength + Peer.MaximumFrameLength, pinned: true);

    public EventLoop()
    {
        _epoll = Libc.EpollCreate(Libc.EpollCloExec);
        if (_epoll < 0)
        {
            throw new InvalidOperationException($"epoll_create1: error {Libc.LastError}");
        }
    }

    public IReadOnlyList<Peer> Peers => _peers;

    /// <summary>Where every peer receives.</summary>
    public Memory<byte> Buffer => _buffer;

    public void Add(Peer peer)
    {
        peer.Index = _peers.Count;
        _peers.Add(peer);
        Control(Libc.EpollCtlAdd, peer, Libc.EpollIn);
    }

    /// <summary>Asks to be told once the socket takes bytes again.</summary>
    public void AwaitWritable(Peer peer) => Control(Libc.EpollCtlMod, peer, Libc.EpollIn | Libc.EpollOut);

    /// <summary>Waits for events up to <paramref name="timeoutMs"/> and serves them. Returns false if there were none.</summary>
    public bool Poll(int timeoutMs)
    {
        var events = (byte*)Unsafe.AsPointer(ref _events[0]);
        var count = Libc.EpollWait(_epoll, events, MaximumEvents, timeoutMs);
        if (count < 0 && Libc.LastError != Libc.EIntr)
        {
            throw new InvalidOperationException($"epoll_wait: error {Libc.LastError}");
        }

        var buffer = (byte*)Unsafe.AsPointer(ref _buffer[0]);
        for (var i = 0; i < count; i++)
        {
            var entry = events + (i * EventLength);
            var flags = Unsafe.ReadUnaligned<uint>(entry);
            var peer = _peers[(int)Unsafe.ReadUnaligned<long>(entry + EventDataOffset)];
            if ((flags & Libc.EpollOut) != 0)
            {
                Control(Libc.EpollCtlMod, peer, Libc.EpollIn);
                if (peer.SendRest())
                {
                    peer.OnWritable();
                }
                else
                {
                    AwaitWritable(peer);
                }
            }

            if ((flags & ~(uint)Libc.EpollOut) != 0)
            {
                peer.OnReadable(buffer, _buffer.Length);
            }
        }

        return count > 0;
    }

    public void Dispose()
    {
        foreach (var peer in _peers)
        {
            peer.Dispose();
        }

        _ = Libc.Close(_epoll);
    }

    private void Control(int operation, Peer peer, int interest)
    {
        var entry = stackalloc byte[16];
        Unsafe.WriteUnaligned(entry, (uint)interest);
        Unsafe.WriteUnaligned(entry + EventDataOffset, (long)peer.Index);
        if (Libc.EpollCtl(_epoll, operation, peer.Descriptor, entry) < 0)
        {
            throw new InvalidOperationException($"epoll_ctl: error {Libc.LastError}");
        }
    }
}
