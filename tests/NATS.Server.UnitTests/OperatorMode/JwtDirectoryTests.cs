using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Server.OperatorMode;
using NATS.Server.Testing;
using NATS.Server.Testing.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.OperatorMode;

public sealed class JwtDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    private readonly OperatorSetup _operator = new() { Now = 1_700_000_000 };
    private readonly List<string> _changed = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tokens_are_files_named_after_their_accounts()
    {
        using JwtDirectory directory = Open();
        AccountSetup account = _operator.AddAccount("A");
        Assert.Null(directory.Load(account.Id));
        directory.Save(account.Id, account.Token);
        Assert.Equal(account.Token, directory.Load(account.Id));
        Assert.Equal(account.Token, File.ReadAllText(FileOf(account)));
        Assert.Equal([account.Id], _changed);
        Assert.Equal([FileOf(account)], Directory.GetFiles(_folder.Path));
    }

    // Whatever somebody names, no file outside of the folder is read, written or deleted.
    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("")]
    [InlineData("A")]
    [InlineData("ABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("..")]
    public void Names_that_are_no_keys_are_refused(string name)
    {
        using JwtDirectory directory = Open(options => options with { AllowsDelete = true, IsDeleteHard = true });
        Assert.Equal("invalid public key", Assert.Throws<ResolverException>(() => directory.Load(name)).Message);
        Assert.Throws<ResolverException>(() => directory.Save(name, "x"));
        Assert.Throws<ResolverException>(() => directory.SaveIfNewer(name, "x"));
        Assert.Throws<ResolverException>(() => directory.Delete(name));
        Assert.Throws<ResolverException>(() => directory.Merge(name + "|x"));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void The_same_token_again_changes_nothing()
    {
        using JwtDirectory directory = Open();
        AccountSetup account = _operator.AddAccount("A");
        directory.Save(account.Id, account.Token);
        directory.Save(account.Id, account.Token);
        Assert.Single(_changed);
    }

    [Fact]
    public void An_older_token_does_not_replace_a_newer_one()
    {
        using JwtDirectory directory = Open();
        AccountSetup account = _operator.AddAccount("A");
        string old = account.Token;
        string young = account.Reissue(claims => claims with { Description = "young" });
        directory.SaveIfNewer(account.Id, young);
        directory.SaveIfNewer(account.Id, old);
        Assert.Equal(young, directory.Load(account.Id));
        directory.SaveIfNewer(account.Id, account.Reissue(claims => claims with { Description = "younger" }, later: 2));
        Assert.Equal(account.Token, directory.Load(account.Id));

        // Somebody who decides may go back.
        directory.Save(account.Id, old);
        Assert.Equal(old, directory.Load(account.Id));
    }

    [Fact]
    public void A_token_about_another_account_is_refused()
    {
        using JwtDirectory directory = Open();
        AccountSetup account = _operator.AddAccount("A");
        directory.Save(account.Id, account.Token);
        _operator.Now += 10;
        Assert.Equal("jwt subject nkey and provided nkey do not match", Assert.Throws<ResolverException>(() => directory.SaveIfNewer(account.Id, _operator.AddAccount("B").Token)).Message);
    }

    [Fact]
    public void The_digest_is_that_of_all_tokens_in_any_order()
    {
        AccountSetup[] accounts = [.. Enumerable.Range(0, 5).Select(i => _operator.AddAccount("A" + i))];
        using JwtDirectory directory = Open();
        Assert.Equal(new byte[32], directory.Digest);
        foreach (AccountSetup account in accounts) directory.Save(account.Id, account.Token);
        byte[] expected = new byte[32];
        foreach (AccountSetup account in accounts)
        {
            byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(account.Token));
            for (int i = 0; i < hash.Length; i++) expected[i] ^= hash[i];
        }

        Assert.Equal(expected, directory.Digest);

        // Found again by the next start.
        using JwtDirectory again = Open();
        Assert.Equal(expected, again.Digest);
        Assert.Equal(5, again.Count);
    }

    [Fact]
    public void A_full_store_refuses_others_but_takes_changes()
    {
        using JwtDirectory directory = Open(options => options with { Limit = 1 });
        AccountSetup first = _operator.AddAccount("A");
        AccountSetup second = _operator.AddAccount("B");
        directory.Save(first.Id, first.Token);
        Assert.Equal("jwt store is full", Assert.Throws<ResolverException>(() => directory.Save(second.Id, second.Token)).Message);
        directory.Save(first.Id, first.Reissue(claims => claims with { Description = "x" }));
        Assert.Equal(first.Token, directory.Load(first.Id));
    }

    [Fact]
    public void A_full_cache_drops_what_was_used_least_recently()
    {
        using JwtDirectory directory = Open(options => options with { Limit = 2, Evicts = true });
        AccountSetup first = _operator.AddAccount("A");
        AccountSetup second = _operator.AddAccount("B");
        AccountSetup third = _operator.AddAccount("C");
        directory.Save(first.Id, first.Token);
        directory.Save(second.Id, second.Token);
        directory.Load(first.Id);
        directory.Save(third.Id, third.Token);
        Assert.NotNull(directory.Load(first.Id));
        Assert.Null(directory.Load(second.Id));
        Assert.False(File.Exists(FileOf(second)));
        Assert.NotNull(directory.Load(third.Id));
    }

    [Fact]
    public void Tokens_of_a_cache_go_when_nobody_asks_for_them()
    {
        using JwtDirectory directory = Open(options => options with { TimeToLive = TimeSpan.FromSeconds(60), Evicts = true });
        AccountSetup used = _operator.AddAccount("A");
        AccountSetup idle = _operator.AddAccount("B");
        directory.Save(used.Id, used.Token);
        directory.Save(idle.Id, idle.Token);
        _time.Advance(TimeSpan.FromSeconds(40));
        directory.Load(used.Id);
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.False(File.Exists(FileOf(idle)));
        Assert.True(File.Exists(FileOf(used)));
        Assert.Equal(SHA256.HashData(Encoding.UTF8.GetBytes(used.Token)), directory.Digest);
    }

    [Fact]
    public void Expired_tokens_go()
    {
        using JwtDirectory directory = Open();
        AccountSetup passing = _operator.AddAccount("A", claims => claims with { Expires = _operator.Now + 90 });
        AccountSetup lasting = _operator.AddAccount("B");
        directory.Save(passing.Id, passing.Token);
        directory.Save(lasting.Id, lasting.Token);
        List<string> packed = [];
        directory.Pack((account, _) => packed.Add(account));
        Assert.Equal(2, packed.Count);
        _time.Advance(TimeSpan.FromSeconds(121));
        Assert.False(File.Exists(FileOf(passing)));
        packed.Clear();
        directory.Pack((account, token) => packed.Add(account + token));
        Assert.Equal([lasting.Id + lasting.Token], packed);
    }

    [Fact]
    public void Deleted_tokens_keep_their_content_unless_the_delete_is_hard()
    {
        AccountSetup account = _operator.AddAccount("A");
        using (JwtDirectory none = Open()) Assert.Equal("store is not set up to for delete", Assert.Throws<ResolverException>(() => none.Delete(account.Id)).Message);
        using (JwtDirectory soft = Open(options => options with { AllowsDelete = true }))
        {
            List<string> deleted = [];
            soft.Deleted = deleted.Add;
            soft.Save(account.Id, account.Token);
            soft.Delete(account.Id);
            soft.Delete(account.Id);
            Assert.Equal([account.Id], deleted);
            Assert.Equal(account.Token, File.ReadAllText(FileOf(account) + ".deleted"));
            Assert.Null(soft.Load(account.Id));
            Assert.Equal(new byte[32], soft.Digest);
        }

        using JwtDirectory hard = Open(options => options with { AllowsDelete = true, IsDeleteHard = true });
        Assert.Equal(0, hard.Count);
        File.Delete(FileOf(account) + ".deleted");
        hard.Save(account.Id, account.Token);
        hard.Delete(account.Id);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Two_folders_become_the_same_by_what_they_pack()
    {
        using var other = new TemporaryFolder();
        using JwtDirectory here = Open();
        using var there = new JwtDirectory(new JwtDirectoryOptions(other.Path), _time, NullLogger.Instance);
        AccountSetup both = _operator.AddAccount("A");
        AccountSetup ours = _operator.AddAccount("B");
        AccountSetup theirs = _operator.AddAccount("C");
        here.Save(both.Id, both.Token);
        here.Save(ours.Id, ours.Token);
        there.Save(theirs.Id, theirs.Token);
        there.Save(both.Id, both.Reissue(claims => claims with { Description = "newer" }));

        here.Pack((account, token) => there.Merge($"{account}|{token}"));
        there.Pack((account, token) => here.Merge($"{account}|{token}\n"));
        Assert.Equal(there.Digest, here.Digest);
        Assert.Equal(both.Token, here.Load(both.Id));
        Assert.Throws<ResolverException>(() => here.Merge("no line of a pack"));
    }

    [Fact]
    public void A_reload_tells_of_what_others_wrote()
    {
        using JwtDirectory directory = Open();
        AccountSetup same = _operator.AddAccount("A");
        AccountSetup other = _operator.AddAccount("B");
        directory.Save(same.Id, same.Token);
        directory.Save(other.Id, other.Token);
        _changed.Clear();
        File.WriteAllText(FileOf(other), other.Reissue(claims => claims with { Description = "by hand" }));
        File.WriteAllText(Path.Combine(_folder.Path, "notes.jwt"), "no account");
        directory.Reload();
        Assert.Equal([other.Id], _changed);
        Assert.Equal(2, directory.Count);
    }

    [Fact]
    public void A_file_that_cannot_be_a_token_is_not_read()
    {
        AccountSetup account = _operator.AddAccount("A");
        File.WriteAllText(FileOf(account), new string('x', (1024 * 1024) + 1));
        using JwtDirectory directory = Open();
        Assert.Equal(0, directory.Count);
        Assert.Equal("token too large", Assert.Throws<ResolverException>(() => directory.Load(account.Id)).Message);
    }

    [Fact]
    public void Of_other_servers_only_tokens_of_a_trusted_operator_are_kept()
    {
        using JwtDirectory directory = Open();
        AccountSetup account = _operator.AddAccount("A");
        directory.Trusts = issuer => issuer == _operator.Key.ToString();
        string first = account.Token;
        directory.SaveFromPeer(account.Id, first);
        Assert.Equal(first, directory.Load(account.Id));
        directory.Trusts = static _ => false;
        string later = account.Reissue(claims => claims with { Description = "later" }, later: 5);
        Assert.Throws<ResolverException>(() => directory.SaveFromPeer(account.Id, later));
        Assert.Throws<ResolverException>(() => directory.Merge($"{account.Id}|{later}"));
        Assert.Equal(first, directory.Load(account.Id));
    }

    private JwtDirectory Open(Func<JwtDirectoryOptions, JwtDirectoryOptions>? change = null)
    {
        var options = new JwtDirectoryOptions(_folder.Path);
        return new JwtDirectory(change is null ? options : change(options), _time, NullLogger.Instance) { Changed = _changed.Add };
    }

    private string FileOf(AccountSetup account) => Path.Combine(_folder.Path, account.Id + ".jwt");
}
