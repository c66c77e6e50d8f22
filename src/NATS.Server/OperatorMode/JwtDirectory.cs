using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using NATS.Server.Core.Jwt;
using NATS.Server.Core.Security;

namespace NATS.Server.OperatorMode;

/// <summary>
/// Tokens of accounts as files of a folder, <c>KEY.jwt</c> each, with an index in memory: what there is, its digest, when it is used up, and which was used
/// least recently. Thread-safe; its one lock is held while a file is read or written. Owns the folder: others may write into it, and <see cref="Reload"/>
/// looks at what they did.
/// </summary>
internal sealed partial class JwtDirectory : IDisposable
{
    private const string Extension = ".jwt";
    private const string DeletedExtension = ".deleted";
    private const string TemporaryExtension = ".tmp";
    private static readonly TimeSpan LongestCheck = TimeSpan.FromMinutes(1);

    private readonly JwtDirectoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Item> _items = new(StringComparer.Ordinal);
    private readonly SortedSet<Item> _byExpiry = new(ExpiryOrder.Instance);
    private readonly LinkedList<Item> _byUse = new();
    private readonly byte[] _digest = new byte[SHA256.HashSizeInBytes];
    private readonly ITimer _timer;

    /// <summary>Opens a folder, which is made if it is not there.</summary>
    /// <exception cref="IOException">It cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be used.</exception>
    public JwtDirectory(JwtDirectoryOptions options, TimeProvider time, ILogger log)
    {
        _options = options;
        _time = time;
        _log = log;
        Folder = Path.GetFullPath(options.Folder);
        Create(Folder);
        lock (_lock) Scan();
        TimeSpan period = options.TimeToLive > TimeSpan.Zero && options.TimeToLive / 2 < LongestCheck ? options.TimeToLive / 2 : LongestCheck;
        _timer = time.CreateTimer(static state => ((JwtDirectory)state!).RemoveExpired(), this, period, period);
    }

    public string Folder { get; }

    /// <summary>Told of an account whose token is new or another than before, on the thread that brought it. Set once.</summary>
    public Action<string>? Changed { get; set; }

    /// <summary>Told of an account whose token was deleted. Set once.</summary>
    public Action<string>? Deleted { get; set; }

    public int Count
    {
        get
        {
            lock (_lock) return _items.Count;
        }
    }

    /// <summary>What tells apart two folders with different tokens: the digests of all, put together without regard to their order.</summary>
    public byte[] Digest
    {
        get
        {
            lock (_lock) return [.. _digest];
        }
    }

    /// <summary>The token of an account; null when there is none.</summary>
    /// <exception cref="ResolverException">It cannot be read, or the name is not that of an account.</exception>
    public string? Load(string account)
    {
        string path = PathOf(account);
        lock (_lock)
        {
            string? token = Read(path);
            if (token is not null && _items.TryGetValue(account, out Item? item)) Touch(item);
            return token;
        }
    }

    /// <summary>Keeps a token whatever was there before.</summary>
    /// <exception cref="ResolverException">It cannot be kept.</exception>
    public void Save(string account, string token)
    {
        string path = PathOf(account);
        bool isNew;
        lock (_lock) isNew = Write(path, account, token);
        if (isNew) Changed?.Invoke(account);
    }

    /// <summary>Whether a key may sign accounts: what other servers send counts only when it does. Set once; until then everybody may.</summary>
    public Func<string, bool>? Trusts { get; set; }

    /// <summary>
    /// Keeps a token that another server sent, as <see cref="SaveIfNewer"/> does, if a trusted operator signed it: otherwise anybody in the system account
    /// could put a token of his own making in the place of a good one, and lock an account out.
    /// </summary>
    /// <exception cref="ResolverException">It cannot be kept, is not about the account, or nobody trusted signed it.</exception>
    public void SaveFromPeer(string account, string token)
    {
        if (!JwtToken.TryDecode(token, out AccountClaims? claims, out string? error)) throw new ResolverException(error);
        if (Trusts is { } trusts && !trusts(claims.Issuer)) throw new ResolverException("account validation failed");
        SaveIfNewer(account, token);
    }

    /// <summary>Keeps a token unless the one that is there was issued later.</summary>
    /// <exception cref="ResolverException">It cannot be kept, or is not about the account.</exception>
    public void SaveIfNewer(string account, string token)
    {
        string path = PathOf(account);
        bool isNew;
        lock (_lock)
        {
            // What others send may be anything: nothing is kept under an account's name but tokens about it.
            if (!JwtToken.TryDecodeGeneric(token, out GenericClaims? claims, out string? error)) throw new ResolverException(error);
            if (claims.Subject != account) throw new ResolverException("jwt subject nkey and provided nkey do not match");
            if (Read(path) is { } existing && JwtToken.TryDecodeGeneric(existing, out GenericClaims? current, out _))
            {
                if (current.Id == claims.Id || current.IssuedAt > claims.IssuedAt) return;
                if (claims.Subject != current.Subject) throw new ResolverException("subject of existing and new jwt do not match");
            }

            isNew = Write(path, account, token);
        }

        if (isNew) Changed?.Invoke(account);
    }

    /// <summary>Deletes a token, or sets it aside under another name. Nothing happens when there is none.</summary>
    /// <exception cref="ResolverException">It cannot be deleted.</exception>
    public void Delete(string account)
    {
        if (!_options.AllowsDelete) throw new ResolverException("store is not set up to for delete");
        string path = PathOf(account);
        lock (_lock)
        {
            if (!File.Exists(path)) return;
            Guard(() =>
            {
                if (_options.IsDeleteHard) File.Delete(path);
                else File.Move(path, path + DeletedExtension, overwrite: true);
            });
            if (_items.TryGetValue(account, out Item? item)) Forget(item);
        }

        Deleted?.Invoke(account);
    }

    /// <summary>Visits every token that is not used up, as <c>KEY|TOKEN</c>. Nothing is locked during the visits.</summary>
    public void Pack(Action<string, string> visit)
    {
        string[] accounts;
        lock (_lock) accounts = [.. _items.Keys.Order(StringComparer.Ordinal)];
        long now = _time.GetUtcNow().ToUnixTimeSeconds();
        foreach (string account in accounts)
        {
            string? token;
            lock (_lock) token = Read(PathOf(account));
            if (string.IsNullOrEmpty(token)) continue;
            bool isExpired = JwtToken.TryDecodeGeneric(token, out GenericClaims? claims, out _) && claims.Expires > 0 && claims.Expires < now;
            if (!isExpired) visit(account, token);
        }
    }

    /// <summary>Takes over tokens that another server packed, as far as they are newer.</summary>
    /// <exception cref="ResolverException">A line is not a packed token, or a token cannot be kept.</exception>
    public void Merge(string pack)
    {
        foreach (string line in pack.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split('|');
            if (parts.Length != 2) throw new ResolverException("line in package didn't contain 2 entries");
            if (!Nkey.IsValid(parts[0], NkeyRole.Account)) throw new ResolverException("key to merge is not a valid public account key");
            SaveFromPeer(parts[0], parts[1]);
        }
    }

    /// <summary>Looks at the folder anew, and tells of what has changed in it.</summary>
    public void Reload()
    {
        List<string> changed = [];
        lock (_lock)
        {
            Dictionary<string, byte[]> before = _items.ToDictionary(static pair => pair.Key, static pair => pair.Value.Digest, StringComparer.Ordinal);
            foreach (Item item in _items.Values.ToArray()) Forget(item);
            Scan();
            foreach (Item item in _items.Values)
            {
                // What a cache knows nothing of it may have dropped for lack of room, and somebody may be using it.
                bool isKnown = before.TryGetValue(item.Account, out byte[]? digest);
                if (isKnown ? !digest!.AsSpan().SequenceEqual(item.Digest) : _options.Evicts) changed.Add(item.Account);
            }
        }

        foreach (string account in changed) Changed?.Invoke(account);
    }

    public void Dispose() => _timer.Dispose();

    private static void Create(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
            return;
        }

        const UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        Directory.CreateDirectory(folder, mode);
    }

    // The names of files are made of public keys and of nothing else: whatever somebody asks for, it is a file of this folder.
    private string PathOf(string account)
    {
        if (!Nkey.TryParse(account, out _)) throw new ResolverException("invalid public key");
        return Path.Combine(Folder, account + Extension);
    }

    private void Scan()
    {
        foreach (string path in Directory.EnumerateFiles(Folder, "*" + Extension))
        {
            string account = Path.GetFileNameWithoutExtension(path);
            if (!Nkey.IsValid(account, NkeyRole.Account)) continue;
            try
            {
                if (Read(path) is { } token) Track(account, token);
            }
            catch (ResolverException problem)
            {
                Log.Unreadable(_log, path, problem.Message);
            }
        }
    }

    private static string? Read(string path)
    {
        string? token = null;
        Guard(() =>
        {
            var file = new FileInfo(path);
            if (!file.Exists) return;
            if (file.Length > JwtToken.MaxSize) throw new ResolverException("token too large");
            token = File.ReadAllText(path);
        });
        return token;
    }

    // Whether it is another token than before.
    private bool Write(string path, string account, string token)
    {
        if (token.Length == 0) throw new ResolverException("invalid JWT");
        if (_items.TryGetValue(account, out Item? known))
        {
            Touch(known);
            if (known.Digest.AsSpan().SequenceEqual(DigestOf(token))) return false;
        }
        else if (_items.Count >= _options.Limit)
        {
            if (!_options.Evicts) throw new ResolverException("jwt store is full");
            Item oldest = _byUse.First!.Value;
            Guard(() => File.Delete(PathOf(oldest.Account)));
            Forget(oldest);
        }

        // Whoever reads, also after a crash, finds the old or the new token, never half of one.
        string temporary = path + TemporaryExtension;
        Guard(() =>
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
            using (var file = new FileStream(temporary, options)) file.Write(Encoding.UTF8.GetBytes(token));
            File.Move(temporary, path, overwrite: true);
        });
        Track(account, token);
        return true;
    }

    private void Track(string account, string token)
    {
        if (_items.TryGetValue(account, out Item? known)) Forget(known);
        var item = new Item(account, DigestOf(token)) { Expires = ExpiryOf(token) };
        item.Use = _byUse.AddLast(item);
        _items[account] = item;
        _byExpiry.Add(item);
        Toggle(item.Digest);
    }

    private void Forget(Item item)
    {
        _items.Remove(item.Account);
        _byExpiry.Remove(item);
        _byUse.Remove(item.Use!);
        Toggle(item.Digest);
    }

    private void Touch(Item item)
    {
        if (_options.TimeToLive > TimeSpan.Zero)
        {
            _byExpiry.Remove(item);
            item.Expires = AfterTimeToLive();
            _byExpiry.Add(item);
        }

        if (!_options.Evicts) return;
        _byUse.Remove(item.Use!);
        _byUse.AddLast(item.Use!);
    }

    private DateTimeOffset ExpiryOf(string token)
    {
        const long maxUnixSeconds = 253_402_300_799;
        if (_options.TimeToLive > TimeSpan.Zero) return AfterTimeToLive();
        if (!JwtToken.TryDecodeGeneric(token, out GenericClaims? claims, out _) || claims.Expires <= 0) return DateTimeOffset.MaxValue;
        return DateTimeOffset.FromUnixTimeSeconds(Math.Min(claims.Expires, maxUnixSeconds));
    }

    private DateTimeOffset AfterTimeToLive()
    {
        DateTimeOffset now = _time.GetUtcNow();
        return _options.TimeToLive < DateTimeOffset.MaxValue - now ? now + _options.TimeToLive : DateTimeOffset.MaxValue;
    }

    private void RemoveExpired()
    {
        DateTimeOffset now = _time.GetUtcNow();
        lock (_lock)
        {
            while (_byExpiry.Min is { } first && first.Expires <= now)
            {
                try
                {
                    Guard(() => File.Delete(PathOf(first.Account)));
                }
                catch (ResolverException problem)
                {
                    // The next check tries again.
                    Log.Undeletable(_log, first.Account, problem.Message);
                    return;
                }

                Forget(first);
            }
        }
    }

    private static byte[] DigestOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private void Toggle(byte[] digest)
    {
        for (int i = 0; i < digest.Length; i++) _digest[i] ^= digest[i];
    }

    private static void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new ResolverException(problem.Message);
        }
    }

    private sealed class Item(string account, byte[] digest)
    {
        public string Account => account;

        public byte[] Digest => digest;

        public DateTimeOffset Expires { get; set; }

        public LinkedListNode<Item>? Use { get; set; }
    }

    private sealed class ExpiryOrder : IComparer<Item>
    {
        public static ExpiryOrder Instance { get; } = new();

        public int Compare(Item? x, Item? y)
        {
            int byTime = x!.Expires.CompareTo(y!.Expires);
            return byTime != 0 ? byTime : string.CompareOrdinal(x.Account, y.Account);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot read {File}: {Problem}")]
        public static partial void Unreadable(ILogger logger, string file, string problem);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Cannot remove the expired JWT of account {Account}: {Problem}")]
        public static partial void Undeletable(ILogger logger, string account, string problem);
    }
}

/// <summary>How a <see cref="JwtDirectory"/> keeps tokens. Immutable.</summary>
/// <param name="Folder">Where.</param>
internal sealed record JwtDirectoryOptions(string Folder)
{
    /// <summary>How many; what happens at the limit says <see cref="Evicts"/>.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>Whether the token that was used least recently makes room for another; otherwise another is refused.</summary>
    public bool Evicts { get; init; }

    /// <summary>How long a token is kept that nobody asks for; zero: until it expires.</summary>
    public TimeSpan TimeToLive { get; init; }

    public bool AllowsDelete { get; init; }

    /// <summary>Whether deleted tokens are gone; otherwise their files get another name.</summary>
    public bool IsDeleteHard { get; init; }
}
