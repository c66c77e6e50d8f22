using System.Runtime.CompilerServices;
using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SubjectTreeTests
{
    private readonly SubjectTree<int> _tree = new();

    [Fact]
    public void A_walk_in_parts_visits_everything_once_in_order()
    {
        var random = new Random(4);
        for (int round = 0; round < 50; round++)
        {
            var tree = new SubjectTree<int>();
            SortedSet<string> expected = new(StringComparer.Ordinal);
            for (int i = 0; i < 200; i++)
            {
                string subject = string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => "a.bc.d.\u007fxyz"[random.Next(10)]));
                expected.Add(subject);
                tree.Set(System.Text.Encoding.ASCII.GetBytes(subject), i);
            }

            List<string> seen = [];
            byte[] last = [];
            bool isMore = true;
            while (isMore)
            {
                int left = random.Next(1, 20);
                isMore = !tree.ForEachAfter(last, (subject, ref _) =>
                {
                    if (left-- == 0) return false;
                    seen.Add(System.Text.Encoding.ASCII.GetString(last = subject.ToArray()));
                    return true;
                });
            }

            Assert.Equal(expected, seen);
            string absent = "b" + round;
            List<string> after = [];
            tree.ForEachAfter(System.Text.Encoding.ASCII.GetBytes(absent), (subject, ref _) =>
            {
                after.Add(System.Text.Encoding.ASCII.GetString(subject));
                return true;
            });
            Assert.Equal(expected.Where(subject => string.CompareOrdinal(subject, absent) > 0), after);
        }
    }

    [Fact]
    public void A_value_is_found_under_its_whole_subject_only()
    {
        Assert.True(Set("foo.bar.baz", 22));

        Assert.Equal(22, Get("foo.bar.baz"));
        Assert.Null(Get("foo.bar"));
        Assert.Null(Get("foo.bar.baz.qux"));
        Assert.Null(Get("foo.bar.bax"));
        Assert.Null(Get(""));
        Assert.Equal(1, _tree.Count);
    }

    [Fact]
    public void A_subject_may_be_the_start_of_another()
    {
        string[] subjects = ["foo", "foo.bar", "foo.bar.baz", "foob", "f", "foo.bar.b"];
        for (int i = 0; i < subjects.Length; i++)
        {
            Assert.True(Set(subjects[i], i));
        }

        Assert.Equal(Enumerable.Range(0, subjects.Length), subjects.Select(subject => Get(subject)!.Value));
        Assert.Null(Get("fo"));
        Assert.Null(Get("foo."));
        Assert.Equal(["f", "foo", "foo.bar", "foo.bar.b", "foo.bar.baz", "foob"], All());
        foreach (string subject in subjects)
        {
            Assert.True(Remove(subject));
            Assert.False(Remove(subject));
            Assert.Null(Get(subject));
        }

        Assert.Equal(0, _tree.Count);
        Assert.Empty(All());
    }

    [Fact]
    public void Setting_again_replaces_the_value()
    {
        Assert.True(Set("foo", 1));
        Assert.False(Set("foo", 2));
        _tree.GetRefOrAdd("foo"u8, out bool exists) += 40;

        Assert.True(exists);
        Assert.Equal(42, Get("foo"));
        Assert.True(_tree.Remove("foo"u8, out int value));
        Assert.Equal(42, value);
        Assert.Equal(0, _tree.GetRefOrAdd("foo"u8, out exists));
        Assert.False(exists);
    }

    [Theory]
    [InlineData("foo.bar.A", "foo.bar.A")]
    [InlineData("foo.bar.*", "foo.bar.A,foo.bar.B,foo.bar.C")]
    [InlineData("foo.*.A", "foo.bar.A,foo.baz.A")]
    [InlineData("foo.*.*", "foo.bar.A,foo.bar.B,foo.bar.C,foo.baz.A,foo.baz.B,foo.baz.C")]
    [InlineData("*.*.A", "foo.bar.A,foo.baz.A")]
    [InlineData("*.*", "foo.bar,qux.bar")]
    [InlineData("*", "foo")]
    [InlineData("foo.>", "foo.bar,foo.bar.A,foo.bar.B,foo.bar.C,foo.baz.A,foo.baz.B,foo.baz.C")]
    [InlineData("foo.*.>", "foo.bar.A,foo.bar.B,foo.bar.C,foo.baz.A,foo.baz.B,foo.baz.C")]
    [InlineData("*.bar.>", "foo.bar.A,foo.bar.B,foo.bar.C")]
    [InlineData("*.>", "foo.bar,foo.bar.A,foo.bar.B,foo.bar.C,foo.baz.A,foo.baz.B,foo.baz.C,qux.bar")]
    [InlineData(">", "foo,foo.bar,foo.bar.A,foo.bar.B,foo.bar.C,foo.baz.A,foo.baz.B,foo.baz.C,qux.bar")]
    [InlineData("foo.ba*", "")]
    [InlineData("foo.b>", "")]
    [InlineData("foo.bar.A.*", "")]
    [InlineData("foo.bar.A.>", "")]
    [InlineData("qux.*.>", "")]
    [InlineData("fo", "")]
    [InlineData("foo.", "")]
    [InlineData("*.", "")]
    [InlineData("", "")]
    public void A_filter_matches_stored_subjects_in_order(string filter, string expected)
    {
        foreach (string subject in (string[])["foo.bar.A", "foo.bar.B", "foo.bar.C", "foo.baz.A", "foo.baz.B", "foo.baz.C", "foo.bar", "foo", "qux.bar"])
        {
            Set(subject, 1);
        }

        Assert.Equal(expected.Split(',', StringSplitOptions.RemoveEmptyEntries), Match(filter));
    }

    [Fact]
    public void A_visitor_can_stop_and_can_change_values()
    {
        for (int i = 0; i < 10; i++)
        {
            Set($"foo.{i}", i);
        }

        int seen = 0;
        Assert.False(_tree.Match("foo.*"u8, (_, ref value) =>
        {
            value += 100;
            return ++seen < 3;
        }));

        Assert.Equal(3, seen);
        Assert.Equal([100, 101, 102, 3], new[] { "foo.0", "foo.1", "foo.2", "foo.3" }.Select(subject => Get(subject)!.Value));
        Assert.True(_tree.ForEach((_, ref _) => true));
    }

    [Fact]
    public void Wildcards_in_stored_subjects_are_plain_bytes()
    {
        Set("foo.*", 1);
        Set("foo.x", 2);
        Set(">", 3);

        Assert.Equal(["foo.*", "foo.x"], Match("foo.*"));
        Assert.Equal([">"], Match("*"));
        Assert.Equal(1, Get("foo.*"));
    }

    [Fact]
    public void Every_byte_can_be_stored_and_told_apart()
    {
        for (int round = 0; round < 2; round++)
        {
            for (int value = 0; value < 256; value++)
            {
                Assert.True(_tree.Set([(byte)'a', (byte)value], value));
                Assert.True(_tree.Set([(byte)'a', (byte)value, 0, (byte)value], value + 1000));
            }

            Assert.Equal(512, _tree.Count);
            List<byte[]> order = [];
            _tree.ForEach((subject, ref _) =>
            {
                order.Add(subject.ToArray());
                return true;
            });
            Assert.Equal(512, order.Count);
            Assert.Equal(order.OrderBy(Convert.ToHexString, StringComparer.Ordinal), order);
            for (int value = 0; value < 256; value++)
            {
                Assert.True(_tree.TryGet([(byte)'a', (byte)value], out int found));
                Assert.Equal(value, found);
                Assert.True(_tree.Remove([(byte)'a', (byte)value]));
                Assert.True(_tree.Remove([(byte)'a', (byte)value, 0, (byte)value], out found));
                Assert.Equal(value + 1000, found);
            }

            Assert.Equal(0, _tree.Count);
        }
    }

    // Each subject is the start of the next, so that the tree is as deep as there are subjects. The longest is set first and removed last: that way each step is
    // near the root, and the test quick.
    [Fact]
    public void A_tree_of_any_depth_needs_no_deep_stack()
    {
        const int depth = 10_000;
        byte[] longest = new byte[depth];
        for (int i = 0; i < depth; i++)
        {
            longest[i] = i % 2 == 0 ? (byte)'a' : (byte)'.';
        }

        for (int length = depth; length > 0; length--)
        {
            _tree.Set(longest.AsSpan(0, length), length);
        }

        int count = 0;
        Assert.True(_tree.Match(">"u8, (_, ref _) => ++count > 0));
        Assert.Equal(depth, count);
        count = 0;
        Assert.True(_tree.Match("a.*"u8, (_, ref _) => ++count > 0));
        Assert.Equal(1, count);
        Assert.Equal(depth, _tree.TryGet(longest, out int value) ? value : 0);
        for (int length = 1; length <= depth; length++)
        {
            Assert.True(_tree.Remove(longest.AsSpan(0, length)));
        }

        Assert.Equal(0, _tree.Count);
    }

    [Fact]
    public void Subjects_with_interest_are_visited_once()
    {
        foreach (string subject in (string[])["foo.a", "foo.b", "foo.b.c", "bar.a", "bar.b.c.d", "baz"])
        {
            Set(subject, 1);
        }

        var interest = new Sublist<string>();
        foreach (string filter in (string[])["foo.*", "foo.a", "*.a", "bar.*.>", "nobody.>"])
        {
            interest.Insert(Bytes(filter), null, filter);
        }

        List<string> matched = [];
        Assert.True(_tree.Match(interest, (subject, ref _) =>
        {
            matched.Add(Encoding.UTF8.GetString(subject));
            return true;
        }));

        Assert.Equal(["bar.a", "bar.b.c.d", "foo.a", "foo.b"], matched);
    }

    [Fact]
    public void Reading_and_updating_allocate_nothing()
    {
        for (int i = 0; i < 1000; i++)
        {
            Set($"orders.{i}.created", i);
        }

        byte[][] subjects = [.. Enumerable.Range(0, 1000).Select(i => Bytes($"orders.{i}.created"))];
        SubjectTreeVisitor<int> visitor = static (_, ref value) => value++ >= 0;
        long before = 0;
        for (int round = 0; round < 3; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            foreach (byte[] subject in subjects)
            {
                _tree.GetRefOrAdd(subject, out _)++;
                _tree.TryGet(subject, out _);
            }

            _tree.Match("orders.*.created"u8, visitor);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_changes_agree_with_a_sorted_dictionary(int seed)
    {
        var random = new Random(seed);
        string[] vocabulary = seed switch
        {
            1 => ["a", "b"],
            2 => ["a", "aa", "ab", "abc", "b", "a\0", "\0", "\u007f"],
            _ => [.. Enumerable.Range(0, 200).Select(i => $"{i}"), "device", "devices", "orders"],
        };
        string RandomSubject() => string.Join('.', Enumerable.Range(0, random.Next(1, 6)).Select(_ => vocabulary[random.Next(vocabulary.Length)]));
        string RandomFilter()
        {
            string[] tokens = RandomSubject().Split('.');
            for (int i = 0; i < tokens.Length; i++)
            {
                if (random.Next(2) == 0) tokens[i] = "*";
            }

            if (random.Next(3) == 0) tokens[^1] = ">";
            return string.Join('.', tokens);
        }

        SortedDictionary<string, int> model = new(StringComparer.Ordinal);
        for (int step = 0; step < 60_000; step++)
        {
            string subject = RandomSubject();
            if (random.Next(100) < (step % 20_000 < 10_000 ? 70 : 20))
            {
                Assert.Equal(model.TryAdd(subject, step), Set(subject, step));
                model[subject] = step;
            }
            else
            {
                Assert.Equal(model.Remove(subject), Remove(subject));
            }

            string other = RandomSubject();
            Assert.Equal(model.TryGetValue(other, out int value) ? value : null, Get(other));
            if (step % 1500 != 0) continue;
            Assert.Equal(model.Count, _tree.Count);
            string filter = RandomFilter();
            Assert.Equal(model.Keys.Where(key => SlowMatch.Matches(key, filter)), Match(filter));
            var interest = new Sublist<string>();
            string[] filters = [.. new[] { RandomFilter(), RandomFilter() }.Distinct()];
            foreach (string one in filters)
            {
                interest.Insert(Bytes(one), null, one);
            }

            List<string> matched = [];
            _tree.Match(interest, (found, ref _) =>
            {
                matched.Add(Encoding.UTF8.GetString(found));
                return true;
            });
            Assert.Equal(model.Keys.Where(key => filters.Any(one => SlowMatch.Matches(key, one))), matched);
            if (step % 6000 == 0) Assert.Equal(model.Keys, All());
        }

        foreach (string subject in model.Keys)
        {
            Assert.True(Remove(subject));
        }

        Assert.Equal(0, _tree.Count);
        Assert.True(Unsafe.IsNullRef(ref _tree.GetRefOrNullRef("a"u8)));
    }

    private bool Set(string subject, int value) => _tree.Set(Bytes(subject), value);

    private bool Remove(string subject) => _tree.Remove(Bytes(subject));

    private int? Get(string subject) => _tree.TryGet(Bytes(subject), out int value) ? value : null;

    private List<string> All()
    {
        List<string> subjects = [];
        _tree.ForEach((subject, ref _) =>
        {
            subjects.Add(Encoding.UTF8.GetString(subject));
            return true;
        });
        return subjects;
    }

    private List<string> Match(string filter)
    {
        List<string> subjects = [];
        _tree.Match(Bytes(filter), (subject, ref _) =>
        {
            subjects.Add(Encoding.UTF8.GetString(subject));
            return true;
        });
        return subjects;
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
