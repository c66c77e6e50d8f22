using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SublistTests
{
    private readonly Sublist<string> _sublist = new(seed: 42);

    [Theory]
    [InlineData("foo", "foo", true)]
    [InlineData("foo", "fo", false)]
    [InlineData("foo", "foo.bar", false)]
    [InlineData("foo.bar.baz", "foo.bar.baz", true)]
    [InlineData("a.*.c", "a.b.c", true)]
    [InlineData("a.*.c", "a.b.d", false)]
    [InlineData("a.*.c", "a.b.c.d", false)]
    [InlineData("a.b.*", "a.b.c", true)]
    [InlineData("a.b.*", "a.b", false)]
    [InlineData("a.>", "a.b.c", true)]
    [InlineData("a.>", "a", false)]
    [InlineData(">", "a", true)]
    [InlineData("*", "a", true)]
    [InlineData("*", "a.b", false)]
    [InlineData("foo.*-", "foo.*-", true)]
    [InlineData("foo.*-", "foo.a", false)]
    [InlineData("foo.>-", "foo.>-", true)]
    [InlineData("foo.>-", "foo.a.b", false)]
    [InlineData("foo.*", "foo.*", true)]
    [InlineData("foo.>", "foo.>", true)]
    [InlineData("sixteen-bytes-xy.b", "sixteen-bytes-xy.b", true)]
    [InlineData("sixteen-bytes-xy.b", "sixteen-bytes-xz.b", false)]
    [InlineData("fifteen-bytes-x", "fifteen-bytes-x", true)]
    [InlineData("fifteen-bytes-x", "fifteen-bytes-y", false)]
    public void A_stored_subject_matches_a_published_one(string stored, string published, bool expected)
    {
        Insert(stored, "item");

        Assert.Equal(expected ? ["item"] : [], Match(published));
        Assert.Equal(expected, _sublist.HasInterest(Bytes(published)));
        Assert.Equal((expected ? 1 : 0, 0), _sublist.NumInterest(Bytes(published)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".foo")]
    [InlineData("..foo")]
    [InlineData("foo.")]
    [InlineData("foo..")]
    [InlineData("foo..bar")]
    [InlineData("foo...bar")]
    public void A_subject_with_an_empty_token_matches_nothing(string published)
    {
        Insert(">", "plain");
        Insert(">", "member", "queue");

        Assert.Empty(Match(published));
        Assert.False(_sublist.HasInterest(Bytes(published)));
        Assert.Equal((0, 0), _sublist.NumInterest(Bytes(published)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".foo")]
    [InlineData("foo.")]
    [InlineData("foo..bar")]
    [InlineData("a.b..d")]
    [InlineData("foo.>.bar")]
    [InlineData("foo.>bar.>.baz")]
    public void A_malformed_subject_is_not_stored(string subject)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => Insert(subject, "item"));

        Assert.StartsWith("sublist: invalid subject", error.Message, StringComparison.Ordinal);
        Assert.False(_sublist.Remove(Bytes(subject), null, "item"));
        Assert.Equal(0, _sublist.Count);
        Assert.Equal(0, _sublist.CountNodes());
    }

    [Fact]
    public void Every_kind_of_wildcard_is_found_at_once()
    {
        string[] stored = ["a.b.c", "a.*.c", "*.b.c", "a.b.*", "*.*.*", "a.>", "a.b.>", ">", "*.>"];
        foreach (string subject in stored)
        {
            Insert(subject, subject);
        }

        Insert("a.b", "not this one");
        Insert("a.b.c.>", "nor this");

        Assert.Equal(stored.Order(), Match("a.b.c").Order());
        Assert.Equal((stored.Length, 0), _sublist.NumInterest("a.b.c"u8));
    }

    [Fact]
    public void Removing_leaves_nothing_behind()
    {
        string[] subjects = ["a.b.c.d.e.f", "a.b.c.d.e", "a.b.*.d", "a.b.>", "*", ">", "a.*.>", "a.b"];
        foreach (string subject in subjects)
        {
            Insert(subject, subject);
            Insert(subject, subject, "queue");
        }

        foreach (string subject in subjects)
        {
            Assert.True(_sublist.Remove(Bytes(subject), null, subject));
            Assert.False(_sublist.Remove(Bytes(subject), null, subject));
            Assert.True(_sublist.Remove(Bytes(subject), Bytes("queue"), subject));
            Assert.False(_sublist.Remove(Bytes(subject), Bytes("queue"), subject));
        }

        Assert.Equal(0, _sublist.Count);
        Assert.Equal(0, _sublist.CountNodes());
    }

    [Fact]
    public void Removing_keeps_what_shares_the_path()
    {
        Insert("a.b.c", "long");
        Insert("a.b", "short");
        Insert("a.b.c.d", "longer");

        Assert.True(_sublist.Remove("a.b.c"u8.ToArray(), null, "long"));

        Assert.Equal(["short"], Match("a.b"));
        Assert.Equal(["longer"], Match("a.b.c.d"));
        Assert.Empty(Match("a.b.c"));
        Assert.True(_sublist.Remove("a.b.c.d"u8.ToArray(), null, "longer"));
        Assert.Equal(2, _sublist.CountNodes());
    }

    [Fact]
    public void Nothing_else_than_what_is_stored_is_removed()
    {
        Insert("a.b", "item");

        Assert.False(_sublist.Remove("a.b"u8.ToArray(), null, "other"));
        Assert.False(_sublist.Remove("a.b"u8.ToArray(), "queue"u8.ToArray(), "item"));
        Assert.False(_sublist.Remove("a"u8.ToArray(), null, "item"));
        Assert.False(_sublist.Remove("a.*"u8.ToArray(), null, "item"));
        Assert.False(_sublist.Remove("a.b.c"u8.ToArray(), null, "item"));
        Assert.Equal(["item"], Match("a.b"));
    }

    [Fact]
    public void Queue_groups_are_gathered_by_name_over_all_matching_subjects()
    {
        Insert("foo", "plain");
        Insert("foo", "a1", "a");
        Insert("foo", "a2", "a");
        Insert("*", "a3", "a");
        Insert(">", "b1", "b");

        var match = new SublistMatch<string>();
        _sublist.Match("foo"u8, match);

        Assert.Equal(["plain"], match.Plain.ToArray());
        Assert.Equal(2, match.Queues.Length);
        Assert.Equal(["a1", "a2", "a3"], Members(match, "a").Order());
        Assert.Equal(["b1"], Members(match, "b"));
        Assert.Equal((1, 4), _sublist.NumInterest("foo"u8));
    }

    [Fact]
    public void Many_queue_groups_on_one_subject_are_all_found_and_removed()
    {
        const int count = 300;
        string[] members = [.. Enumerable.Range(0, count).Select(i => $"member{i}")];
        for (int i = 0; i < count; i++)
        {
            Insert("foo", members[i], $"queue{i}");
        }

        var match = new SublistMatch<string>();
        _sublist.Match("foo"u8, match);
        Assert.Equal(count, match.Queues.Length);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal([members[i]], Members(match, $"queue{i}"));
            Assert.True(_sublist.Remove("foo"u8.ToArray(), Bytes($"queue{i}"), members[i]));
        }

        Assert.Equal(0, _sublist.CountNodes());
    }

    [Fact]
    public void A_remote_member_counts_as_often_as_it_weighs()
    {
        Insert("foo", "local", "q");
        _sublist.Insert("foo"u8.ToArray(), "q"u8.ToArray(), "remote", weight: 3);
        var match = new SublistMatch<string>();

        _sublist.Match("foo"u8, match);
        Assert.Equal(["local", "remote", "remote", "remote"], Members(match, "q").Order());
        Assert.Equal((0, 2), _sublist.NumInterest("foo"u8));

        int generation = _sublist.Generation;
        Assert.True(_sublist.UpdateWeight("foo"u8.ToArray(), "q"u8.ToArray(), "remote", 1));
        Assert.NotEqual(generation, _sublist.Generation);
        _sublist.Match("foo"u8, match);
        Assert.Equal(["local", "remote"], Members(match, "q").Order());

        Assert.True(_sublist.UpdateWeight("foo"u8.ToArray(), "q"u8.ToArray(), "remote", 2));
        Assert.True(_sublist.Remove("foo"u8.ToArray(), "q"u8.ToArray(), "local"));
        _sublist.Match("foo"u8, match);
        Assert.Equal(["remote", "remote"], Members(match, "q"));
        Assert.False(_sublist.UpdateWeight("foo"u8.ToArray(), "q"u8.ToArray(), "local", 2));
        Assert.False(_sublist.UpdateWeight("foo"u8.ToArray(), "other"u8.ToArray(), "remote", 2));
        Assert.False(_sublist.UpdateWeight("bar"u8.ToArray(), "q"u8.ToArray(), "remote", 2));
    }

    [Fact]
    public void A_group_of_members_without_weight_is_not_in_the_result()
    {
        _sublist.Insert("foo"u8.ToArray(), "q"u8.ToArray(), "remote", weight: 0);
        var match = new SublistMatch<string>();

        _sublist.Match("foo"u8, match);

        Assert.True(match.IsEmpty);
    }

    [Fact]
    public void Every_change_has_its_own_generation_and_a_batch_is_one_change()
    {
        int start = _sublist.Generation;
        Insert("foo", "1");
        Insert("foo", "2");
        Insert("bar", "3", "q");
        Assert.Equal(start + 3, _sublist.Generation);

        int removed = _sublist.RemoveBatch(
        [
            new(Bytes("foo"), null, "1"), new(Bytes("foo"), null, "2"), new(Bytes("bar"), Bytes("q"), "3"), new(Bytes("baz"), null, "not there"),
        ]);

        Assert.Equal(3, removed);
        Assert.Equal(start + 4, _sublist.Generation);
        Assert.False(_sublist.Remove(Bytes("foo"), null, "1"));
        Assert.Equal(0, _sublist.RemoveBatch([new(Bytes("foo"), null, "1")]));
        Assert.Equal(start + 4, _sublist.Generation);
    }

    [Fact]
    public void Statistics_count_changes_and_matches()
    {
        Insert("foo", "1");
        Insert("bar", "2");
        _sublist.Remove(Bytes("foo"), null, "1");
        _sublist.Remove(Bytes("foo"), null, "1");
        Match("foo");
        Match("bar");
        Match("..");

        Assert.Equal(new SublistStats(Count: 1, Inserts: 2, Removes: 1, Matches: 3), _sublist.Stats);
    }

    [Fact]
    public void Everything_stored_can_be_enumerated()
    {
        Insert("foo", "1");
        Insert("foo.*", "2");
        Insert("foo.>", "3", "q");
        Insert("foo", "4", "q");
        List<SublistEntry<string>> entries = [];

        _sublist.CopyTo(entries);

        Assert.Equal(
            ["foo   1", "foo q 4", "foo.*   2", "foo.> q 3"],
            entries.Select(e => $"{Text(e.Subject)} {(e.Queue is null ? " " : Text(e.Queue))} {e.Item}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("foo", "foo")]
    [InlineData("bar", "bar")]
    [InlineData("*", "bar,foo")]
    [InlineData("baz", "")]
    [InlineData("foo.*", "foo.bar,foo.baz")]
    [InlineData("*.*", "foo.bar,foo.baz")]
    [InlineData("*.bar", "foo.bar")]
    [InlineData("*.baz", "foo.baz")]
    [InlineData("bar.*", "")]
    [InlineData("foo.>", "foo.bar,foo.bar.baz,foo.baz")]
    [InlineData(">", "bar,foo,foo.bar,foo.bar.baz,foo.baz")]
    [InlineData("foo..bar", "")]
    public void Reverse_match_finds_the_literals_a_wildcard_covers(string subject, string expected)
    {
        foreach (string stored in (string[])["foo", "bar", "foo.bar", "foo.baz", "foo.bar.baz"])
        {
            Insert(stored, stored);
        }

        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), ReverseMatch(subject));
    }

    [Theory]
    [InlineData("uplink.1.*.*.>", true)]
    [InlineData("uplink.1.2.3.>", true)]
    [InlineData("uplink.>", true)]
    [InlineData("uplink.1.2", false)]
    public void Reverse_match_finds_overlapping_wildcards(string subject, bool expected)
    {
        Insert("uplink.*.*.>", "sub");

        Assert.Equal(expected, ReverseMatch(subject).Length == 1);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("a.b", true)]
    [InlineData("a.x", true)]
    [InlineData("a.b.c", false)]
    [InlineData("w", true)]
    [InlineData("w.x", true)]
    [InlineData("w.x.y", false)]
    [InlineData("f.x.y.z", true)]
    [InlineData("leaf", false)]
    [InlineData("a..b", false)]
    public void Interest_below_some_tokens_is_found(string tokens, bool expected)
    {
        foreach (string stored in (string[])["a.b.c", "a.*.c", "w.*.x", "f.>", "leaf"])
        {
            Insert(stored, stored);
        }

        Assert.Equal(expected, _sublist.HasInterestBelow(Bytes(tokens)));
    }

    [Fact]
    public void A_watch_is_told_the_first_and_the_last_interest_in_exactly_its_subject()
    {
        List<string> told = [];
        InterestWatch plain = _sublist.Watch(Bytes("foo"), null, has => told.Add($"plain {has}"))!;
        InterestWatch queue = _sublist.Watch(Bytes("foo"), Bytes("q"), has => told.Add($"queue {has}"))!;
        Assert.False(plain.HasInterest);
        Assert.False(queue.HasInterest);

        Insert("*", "wild");
        Insert("foo.bar", "longer");
        Deliver();
        Assert.Empty(told);

        Insert("foo", "1");
        Deliver();
        Insert("foo", "2");
        Deliver();
        Insert("foo", "3", "q");
        Deliver();
        Insert("foo", "4", "other");
        Deliver();
        Assert.Equal(["plain True", "queue True"], told);

        told.Clear();
        _sublist.Remove(Bytes("foo"), null, "1");
        Deliver();
        Assert.Empty(told);
        _sublist.Remove(Bytes("foo"), null, "2");
        Deliver();
        _sublist.Remove(Bytes("foo"), Bytes("q"), "3");
        Deliver();
        Assert.Equal(["plain False", "queue False"], told);
    }

    [Fact]
    public void A_watch_starts_with_the_state_and_ends_when_asked()
    {
        Insert("foo", "1");
        Insert("foo", "2", "q");
        int calls = 0;
        InterestWatch plain = _sublist.Watch(Bytes("foo"), null, _ => calls++)!;
        InterestWatch queue = _sublist.Watch(Bytes("foo"), Bytes("q"), _ => calls++)!;
        InterestWatch other = _sublist.Watch(Bytes("foo"), Bytes("r"), _ => calls++)!;
        Assert.True(plain.HasInterest);
        Assert.True(queue.HasInterest);
        Assert.False(other.HasInterest);

        _sublist.Remove(Bytes("foo"), null, "1");
        Assert.True(_sublist.HasInterestChanges);
        Assert.True(_sublist.Unwatch(plain));
        Assert.False(_sublist.Unwatch(plain));
        Deliver();

        Assert.Equal(0, calls);
        Assert.True(_sublist.Unwatch(queue));
        Assert.True(_sublist.Unwatch(other));
        _sublist.Remove(Bytes("foo"), Bytes("q"), "2");
        Assert.False(_sublist.HasInterestChanges);
    }

    [Fact]
    public void A_change_that_was_undone_before_it_was_told_is_none()
    {
        int calls = 0;
        _sublist.Watch(Bytes("foo"), null, _ => calls++);

        Insert("foo", "1");
        _sublist.Remove(Bytes("foo"), null, "1");
        Deliver();

        Assert.Equal(0, calls);
        Assert.False(_sublist.HasInterestChanges);
    }

    [Theory]
    [InlineData("foo.*")]
    [InlineData(">")]
    [InlineData("")]
    [InlineData("foo..bar")]
    public void Only_literal_subjects_are_watched(string subject) => Assert.Null(_sublist.Watch(Bytes(subject), null, _ => { }));

    // Quadratic work would take minutes.
    [Fact]
    public void One_of_very_many_on_one_subject_is_removed_without_searching()
    {
        const int count = 200_000;
        string[] items = [.. Enumerable.Range(0, count).Select(i => i.ToString())];
        byte[] subject = Bytes("foo.bar");
        byte[] queue = Bytes("q");
        foreach (string item in items)
        {
            _sublist.Insert(subject, null, item);
            _sublist.Insert(subject, queue, item);
        }

        Assert.Equal((count, count), _sublist.NumInterest(subject));
        foreach (string item in items)
        {
            Assert.True(_sublist.Remove(subject, null, item));
            Assert.True(_sublist.Remove(subject, queue, item));
        }

        Assert.Equal(0, _sublist.CountNodes());
    }

    [Fact]
    public void A_subject_of_a_million_tokens_needs_no_deep_stack()
    {
        string tokens = string.Join('.', Enumerable.Repeat("a", 1_000_000));
        Insert(tokens, "literal");
        Insert(tokens.Replace('a', '*'), "wildcard");
        Insert(tokens + ".>", "longer");
        List<SublistEntry<string>> entries = [];

        Assert.Equal(["literal", "wildcard"], Match(tokens).Order());
        Assert.True(_sublist.HasInterest(Bytes(tokens)));
        Assert.Equal((2, 0), _sublist.NumInterest(Bytes(tokens)));
        Assert.Equal(2, ReverseMatch(tokens).Length);
        _sublist.CopyTo(entries);
        Assert.Equal(3, _sublist.RemoveBatch([.. entries]));
        Assert.Equal(0, _sublist.CountNodes());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_agree_with_a_plain_list(int seed)
    {
        var random = new Random(seed);
        var sublist = new Sublist<string>((ulong)random.NextInt64());
        string[] vocabulary = seed % 2 == 0
            ? ["a", "b", "*"]
            : ["a", "bb", "ccc", "dddd", "eeeee", "1234567", "12345678", "123456789", "fifteen-bytes-x", "sixteen-bytes-xy", "a-token-of-more-than-two-words-0",
                "a-token-of-more-than-two-words-1", .. Enumerable.Range(0, 60).Select(i => $"n{i}"), "*", "*"];
        string RandomSubject(bool literal)
        {
            int count = random.Next(1, 6);
            IEnumerable<string> tokens = Enumerable.Range(0, count).Select(_ => vocabulary[random.Next(vocabulary.Length)]);
            return literal ? string.Join('.', tokens).Replace('*', 'a') : string.Join('.', tokens) + (random.Next(5) == 0 ? ".>" : "");
        }

        List<(string Subject, string? Queue, string Item)> model = [];
        var match = new SublistMatch<string>();
        for (int step = 0; step < 20_000; step++)
        {
            int choice = random.Next(100);
            if (choice < (model.Count < 400 ? 60 : 30))
            {
                (string Subject, string? Queue, string Item) entry =
                    (RandomSubject(literal: random.Next(3) == 0), random.Next(3) == 0 ? $"q{random.Next(3)}" : null, $"{step}");
                sublist.Insert(Bytes(entry.Subject), entry.Queue is null ? null : Bytes(entry.Queue), entry.Item);
                model.Add(entry);
            }
            else if (choice < 80 && model.Count > 0)
            {
                int at = random.Next(model.Count);
                (string subject, string? queue, string item) = model[at];
                Assert.True(sublist.Remove(Bytes(subject), queue is null ? null : Bytes(queue), item));
                model[at] = model[^1];
                model.RemoveAt(model.Count - 1);
            }
            else if (choice < 98)
            {
                string subject = RandomSubject(literal: true);
                var expected = model.Where(e => SlowMatch.Matches(subject, e.Subject)).ToList();
                sublist.Match(Bytes(subject), match);
                Assert.Equal(expected.Where(e => e.Queue is null).Select(e => e.Item).Order(), match.Plain.ToArray().Order());
                Assert.Equal(expected.Where(e => e.Queue is not null).Select(e => e.Queue).Distinct().Order(), QueueNames(match).Order());
                foreach (string name in QueueNames(match))
                {
                    Assert.Equal(expected.Where(e => e.Queue == name).Select(e => e.Item).Order(), Members(match, name).Order());
                }

                Assert.Equal(expected.Count > 0, sublist.HasInterest(Bytes(subject)));
                Assert.Equal((expected.Count(e => e.Queue is null), expected.Count(e => e.Queue is not null)), sublist.NumInterest(Bytes(subject)));
            }
            else
            {
                string subject = RandomSubject(literal: false);
                sublist.ReverseMatch(Bytes(subject), match);
                Assert.Equal(
                    model.Where(e => Subject.Collide(Bytes(e.Subject), Bytes(subject))).Select(e => e.Item).Order(),
                    match.Plain.ToArray().Concat(QueueNames(match).SelectMany(name => Members(match, name))).Order());
            }

            Assert.Equal(model.Count, sublist.Count);
        }

        List<SublistEntry<string>> entries = [];
        sublist.CopyTo(entries);
        Assert.Equal(
            model.Select(e => (e.Subject, e.Queue, e.Item)).Order(),
            entries.Select(e => (Text(e.Subject), e.Queue is null ? null : Text(e.Queue), e.Item)).Order());
        Assert.Equal(model.Count, sublist.RemoveBatch([.. entries]));
        Assert.Equal(0, sublist.CountNodes());
    }

    [Fact]
    public void Other_subjects_that_are_said_to_match_the_same_do()
    {
        var random = new Random(1);
        string[] tokens = ["a", "b", "c"];
        string[] universe =
        [
            .. from first in tokens from second in tokens from third in tokens from length in (int[])[1, 2, 3, 4]
            select string.Join('.', ((string[])[first, second, third, "b"]).Take(length)),
        ];
        var match = new SublistMatch<string>();
        int shared = 0;
        for (int round = 0; round < 2_000; round++)
        {
            var sublist = new Sublist<string>();
            List<string> subscriptions = [];
            for (int i = random.Next(1, 6); i > 0; i--)
            {
                IEnumerable<string> start = Enumerable.Range(0, random.Next(0, 3)).Select(_ => random.Next(8) == 0 ? "*" : tokens[random.Next(3)]);
                subscriptions.Add(string.Join('.', start.Append(random.Next(3) switch { 0 => ">", 1 => "*", _ => "a" })));
                sublist.Insert(Bytes(subscriptions[^1]), null, $"{i} {subscriptions[^1]}");
            }

            string subject = universe[random.Next(universe.Length)];
            sublist.Match(Bytes(subject), match);
            SharedMatch others = match.Shared;
            if (others.Length == 0) continue;
            string[] expected = [.. subscriptions.Where(s => SlowMatch.Matches(subject, s))];
            foreach (string other in universe.Where(other => others.Covers(Bytes(subject).AsSpan(0, others.Length), Bytes(other))))
            {
                shared++;
                Assert.Equal(expected, subscriptions.Where(s => SlowMatch.Matches(other, s)));
            }
        }

        Assert.True(shared > 1_000, $"only {shared} were said to");
    }

    [Theory]
    [InlineData("acks.> ", "acks.S.C.1", "acks.", false)]
    [InlineData("acks.> > acks.S", "acks.T.C", "", false)]
    [InlineData("acks.> > other.*", "acks.S.C", "acks.", false)]
    [InlineData("acks.> *.S.C", "acks.S.C", "", false)]
    [InlineData("acks.S.>", "acks.S.C", "acks.S.", false)]
    [InlineData("inbox.a.*", "inbox.a.1", "inbox.a.", true)]
    [InlineData("inbox.a.* inbox.a.> inbox.b", "inbox.a.1", "inbox.a.", true)]
    [InlineData("inbox.a.* inbox.a.*.x", "inbox.a.1", "", false)]
    [InlineData("inbox.a.* inbox.a.x", "inbox.a.1", "", false)]
    [InlineData("inbox.a.*", "inbox.a.1.2", "", false)]
    [InlineData(">", "a.b", "", false)]
    [InlineData("*", "a", "", false)]
    [InlineData("a.b", "a.b", "", false)]
    [InlineData("a.b", "a.b.c", "", false)]
    public void A_match_says_which_other_subjects_match_the_same(string subscriptions, string subject, string prefix, bool isOneToken)
    {
        foreach (string subscription in subscriptions.Split(' ', StringSplitOptions.RemoveEmptyEntries)) Insert(subscription, subscription);
        var match = new SublistMatch<string>();
        _sublist.Match(Bytes(subject), match);
        Assert.Equal(new SharedMatch(prefix.Length, isOneToken), match.Shared);
    }

    [Theory]
    [InlineData("a.c", false, true)]
    [InlineData("a.c.d", false, true)]
    [InlineData("a.c.d", true, false)]
    [InlineData("a.c", true, true)]
    [InlineData("a.c.", false, false)]
    [InlineData("a..c", false, false)]
    [InlineData("a.c..d", false, false)]
    [InlineData("a.", false, false)]
    [InlineData("a.", true, false)]
    [InlineData("a", false, false)]
    [InlineData("b.c", false, false)]
    public void Only_subjects_without_empty_tokens_share_a_match(string subject, bool isOneToken, bool isCovered)
    {
        Assert.Equal(isCovered, new SharedMatch(2, isOneToken).Covers("a."u8, Bytes(subject)));
    }

    [Fact]
    public void Matching_allocates_nothing_once_the_result_has_grown()
    {
        for (int i = 0; i < 1000; i++)
        {
            Insert($"foo.*.bar.{i}", $"p{i}");
            Insert($"foo.{i}.>", $"q{i}", "queue");
            Insert($"foo.{i}.*.{i}", $"r{i}");
        }

        byte[][] subjects = [.. Enumerable.Range(0, 1000).Select(i => Bytes($"foo.{i}.bar.{i}"))];
        var match = new SublistMatch<string>();
        long before = 0;
        for (int round = 0; round < 2; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] subject in subjects)
            {
                _sublist.Match(subject, match);
                _sublist.HasInterest(subject);
                _sublist.NumInterest(subject);
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(2, match.Plain.Length);
        Assert.Equal(1, match.Queues.Length);
    }

    private void Insert(string subject, string item, string? queue = null) =>
        _sublist.Insert(Bytes(subject), queue is null ? null : Bytes(queue), item);

    private string[] Match(string subject)
    {
        var match = new SublistMatch<string>();
        _sublist.Match(Bytes(subject), match);
        return match.Plain.ToArray();
    }

    private string[] ReverseMatch(string subject)
    {
        var match = new SublistMatch<string>();
        _sublist.ReverseMatch(Bytes(subject), match);
        return [.. match.Plain.ToArray().Order(StringComparer.Ordinal)];
    }

    private void Deliver()
    {
        List<InterestChange> changes = [];
        _sublist.TakeInterestChanges(changes);
        foreach (InterestChange change in changes)
        {
            change.Deliver();
        }
    }

    private static List<string> QueueNames(SublistMatch<string> match)
    {
        List<string> names = [];
        foreach (QueueMatch<string> queue in match.Queues)
        {
            names.Add(Text(queue.Name));
        }

        return names;
    }

    private static string[] Members(SublistMatch<string> match, string name)
    {
        foreach (QueueMatch<string> queue in match.Queues)
        {
            if (Text(queue.Name) == name) return queue.Members.ToArray();
        }

        return [];
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
