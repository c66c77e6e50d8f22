using System.Diagnostics;
using System.Runtime.InteropServices;
using NATS.Server.Core.Hashing;
using NATS.Server.StoreBench.Measurement;

namespace NATS.Server.StoreBench.Cases;

/// <summary>HighwayHash of 1 KiB, beside what a C compiler makes of the same with AVX2, or beside copying where there is none.</summary>
internal static unsafe class HashCase
{
    private const int Length = 1024;
    private const double GigabyteBytes = 1e9;

    public static IEnumerable<StoreFigure> Measure(StoreBenchOptions options)
    {
        int times = options.IsQuick ? 400_000 : 2_000_000;
        byte[] data = new byte[Length];
        byte[] keyBytes = new byte[HighwayHashKey.Length];
        new Random(1).NextBytes(data);
        new Random(2).NextBytes(keyBytes);
        var key = new HighwayHashKey(keyBytes);
        double Ours() => times * (double)Length / Rounds.Seconds(() => HashMany(key, data, times)) / GigabyteBytes;
        using CLibrary? library = CLibrary.TryBuild();
        if (library is not null)
        {
            if (library.HashMany(keyBytes, data, 1) != HighwayHash64.Hash(key, data)) throw new InvalidOperationException("the hash in C is another");
            (double ours, double theirs, double ratio) = Rounds.Run(
                options.Rounds, Ours, () => times * (double)Length / Rounds.Seconds(() => library.HashMany(keyBytes, data, times)) / GigabyteBytes);
            return [new StoreFigure("HighwayHash of 1 KiB", "GB/s", ours, "C with AVX2", theirs) { Ratio = ratio, Targets = StoreFigure.Target("≥ 0.5x", ratio >= 0.5) }];
        }

        byte[] target = new byte[Length];
        double copied = Rounds.Run(options.Rounds, () => times * (double)Length / Rounds.Seconds(() => CopyMany(data, target, times)) / GigabyteBytes);
        return [new StoreFigure("HighwayHash of 1 KiB", "GB/s", Rounds.Run(options.Rounds, Ours), "no C compiler here; copying", copied)];
    }

    private static ulong HashMany(HighwayHashKey key, byte[] data, int times)
    {
        ulong sum = 0;
        for (int i = 0; i < times; i++)
        {
            sum += HighwayHash64.Hash(key, data);
        }

        return sum;
    }

    private static void CopyMany(byte[] source, byte[] target, int times)
    {
        for (int i = 0; i < times; i++)
        {
            source.AsSpan().CopyTo(target);
        }
    }

    /// <summary>The source beside this file, compiled into a library that is loaded.</summary>
    private sealed class CLibrary : IDisposable
    {
        private readonly nint _handle;
        private readonly delegate* unmanaged<byte*, byte*, long, long, ulong> _hashMany;

        private CLibrary(nint handle)
        {
            _handle = handle;
            _hashMany = (delegate* unmanaged<byte*, byte*, long, long, ulong>)NativeLibrary.GetExport(handle, "hash_many");
        }

        public static CLibrary? TryBuild()
        {
            if (!System.Runtime.Intrinsics.X86.Avx2.IsSupported) return null;
            string folder = System.IO.Directory.CreateTempSubdirectory("store-bench").FullName;
            try
            {
                string source = Path.Combine(folder, "highwayhash.c"), library = Path.Combine(folder, "highwayhash.so");
                using (Stream text = typeof(HashCase).Assembly.GetManifestResourceStream("highwayhash.c")!)
                using (FileStream file = File.Create(source))
                {
                    text.CopyTo(file);
                }

                using var compiler = Process.Start("cc", ["-O3", "-mavx2", "-shared", "-fPIC", "-o", library, source]);
                compiler.WaitForExit();
                return compiler.ExitCode == 0 ? new CLibrary(NativeLibrary.Load(library)) : null;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return null;
            }
            finally
            {
                System.IO.Directory.Delete(folder, recursive: true);
            }
        }

        public ulong HashMany(byte[] key, byte[] data, long times)
        {
            fixed (byte* keyAt = key, dataAt = data)
            {
                return _hashMany(keyAt, dataAt, data.Length, times);
            }
        }

        public void Dispose() => NativeLibrary.Free(_handle);
    }
}
