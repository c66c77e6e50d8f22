using System.Buffers;
using System.Text;
using NATS.Server.Core.Subjects;
using Xunit;

namespace NATS.Server.UnitTests.Subjects;

public sealed class SubjectTransformTests
{
    private const string Prefix = "invalid mapping destination: ";
    private readonly Random _random = new(1);

    [Theory]
    [InlineData("", "prefix.>", "foo", "prefix.foo")]
    [InlineData("foo", "bar", "foo", "bar")]
    [InlineData("foo.*.bar.*.baz", "req.$2.$1", "foo.A.bar.B.baz", "req.B.A")]
    [InlineData("foo.*.bar.*.baz", "req.{{wildcard(2)}}.{{wildcard(1)}}", "foo.A.bar.B.baz", "req.B.A")]
    [InlineData("baz.>", "my.pre.>", "baz.1.2.3", "my.pre.1.2.3")]
    [InlineData("baz.>", ">", "baz.1.2.3", "1.2.3")]
    [InlineData("foo.*.>", "bar.$1.>", "foo.1.2.3", "bar.1.2.3")]
    [InlineData(">", ">", "foo.bar", "foo.bar")]
    [InlineData("*", "foo.bar.$1", "foo", "foo.bar.foo")]
    [InlineData("*", "a.$1.$1", "x", "a.x.x")]
    [InlineData("*", "a.$0", "x", "a.x")]
    [InlineData("foo.*", "a.{{wildcard(0)}}.$-5", "foo.x", "a.foo.foo")]
    [InlineData("*", "$JS.$1", "x", "$JS.x")]
    [InlineData("*", "{{splitfromleft(1,3)}}", "12345", "123.45")]
    [InlineData("*", "{{splitfromleft(1,5)}}", "12345", "12345")]
    [InlineData("*", "{{splitfromleft(1,0)}}", "12345", "12345")]
    [InlineData("*", "{{splitfromleft(1,-1)}}", "12345", "12345")]
    [InlineData("*", "{{SplitFromRight(1,3)}}", "12345", "12.345")]
    [InlineData("*", "{{SliceFromLeft(1,3)}}", "1234567890", "123.456.789.0")]
    [InlineData("*", "{{SliceFromLeft(1,5)}}", "1234567890", "12345.67890")]
    [InlineData("*", "{{SliceFromLeft(1,1)}}", "123", "1.2.3")]
    [InlineData("*", "{{SliceFromLeft(1,10)}}", "1234567890", "1234567890")]
    [InlineData("*", "{{SliceFromRight(1,3)}}", "1234567890", "1.234.567.890")]
    [InlineData("*", "{{SliceFromRight(1,5)}}", "1234567890", "12345.67890")]
    [InlineData("*", "{{SliceFromRight(1,4)}}", "1234567890", "12.3456.7890")]
    [InlineData("*", "{{split(1,-)}}", "-abc-def--ghi-", "abc.def.ghi")]
    [InlineData("*", "{{split(1,-)}}", "abc-def--ghi-", "abc.def.ghi")]
    [InlineData("*", "{{split(1,-)}}", "--abc", ".abc")]
    [InlineData("*", "{{split(1,-)}}", "-", "")]
    [InlineData("*", "{{split(1,::)}}", "a::b:c::::d", "a.b:c.d")]
    [InlineData("*", "{{split(1,)}}", "aé✓", "a.é.✓")]
    [InlineData("*.*", "{{split(2,-)}}.{{splitfromleft(1,2)}}", "foo.-abc-def--ghij-", "abc.def.ghij.fo.o")]
    [InlineData("*", "{{right(1,1)}}", "1234", "4")]
    [InlineData("*", "{{right(1,3)}}", "1234", "234")]
    [InlineData("*", "{{right(1,6)}}", "1234", "1234")]
    [InlineData("*", "{{left(1,1)}}", "1234", "1")]
    [InlineData("*", "{{left(1,3)}}", "1234", "123")]
    [InlineData("*", "{{left(1,6)}}", "1234", "1234")]
    [InlineData("*", "{{left(1,0)}}", "1234", "1234")]
    [InlineData("*", "bar.{{partition(0)}}", "baz", "bar.0")]
    [InlineData("*", "bar.{{partition(10, 0)}}", "foo", "bar.3")]
    [InlineData("*.*", "bar.{{partition(10)}}", "foo.bar", "bar.6")]
    [InlineData("*", "bar.{{partition(10)}}", "foo", "bar.3")]
    [InlineData("*", "bar.{{partition(10)}}", "baz", "bar.0")]
    [InlineData("*", "bar.{{partition(10)}}", "qux", "bar.9")]
    [InlineData("*.*", "bar.{{partition(10,1,2)}}", "fo.o", "bar.3")]
    [InlineData("*.*", "bar.{{partition(10,2,1)}}", "o.fo", "bar.3")]
    [InlineData("foo.bar", "baz.{{partition(10)}}", "foo.bar", "baz.6")]
    [InlineData("foo.baz", "qux.{{partition(10)}}", "foo.baz", "qux.4")]
    [InlineData("test.subject", "result.{{partition(5)}}", "test.subject", "result.0")]
    [InlineData("foo.bar", "baz.{{partition(10,1)}}", "foo.bar", "baz.6")]
    [InlineData("*", "bar.{{random(0)}}", "qux", "bar.0")]
    [InlineData("*", "bar.{{random(1)}}", "qux", "bar.0")]
    [InlineData("*", "{{left(1,2)}}{{right(1,1)}}", "abcdef", "f")] // one call in a token
    [InlineData("*", "x.{{ Partition  ( 10 ,  1 ) }}", "foo", "x.3")]
    [InlineData("*", "x.{{\tleft\t(1,\t2)\t}}", "foo", "x.fo")]
    public void A_matching_subject_is_transformed(string source, string destination, string subject, string expected)
    {
        Assert.Equal(expected, Create(source, destination).Transform(subject, _random));
    }

    [Theory]
    [InlineData("foo.*", "bar.$1", "foo")]
    [InlineData("foo.*", "bar.$1", "foo.a.b")]
    [InlineData("foo.*", "bar.$1", "fop.a")]
    [InlineData("foo.*", "bar.$1", "foo.*")]
    [InlineData("foo.>", "bar.>", "foo")]
    [InlineData("", "bar.>", "foo..bar")]
    [InlineData("", "bar.>", "")]
    public void A_subject_that_does_not_match_is_not_transformed(string source, string destination, string subject)
    {
        SubjectTransform transform = Create(source, destination);
        var output = new ArrayBufferWriter<byte>();

        Assert.Null(transform.Transform(subject, _random));
        Assert.False(transform.TryTransform(Encoding.UTF8.GetBytes(subject), output, _random));
        Assert.Equal(0, output.WrittenCount);
    }

    [Fact]
    public void A_token_that_the_subject_lacks_becomes_nothing()
    {
        var output = new ArrayBufferWriter<byte>();

        Create("foo.*", "one.two.{{wildcard(1)}}").Transform("foo"u8, output, _random);

        Assert.Equal("one.two.", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Random_numbers_stay_below_their_bound_and_reach_all_of_it()
    {
        SubjectTransform transform = Create("*", "bar.{{random(6)}}");

        HashSet<string> seen = [.. Enumerable.Range(0, 1000).Select(_ => transform.Transform("qux", _random)!)];

        Assert.Equal(["bar.0", "bar.1", "bar.2", "bar.3", "bar.4", "bar.5"], seen.Order());
    }

    [Theory]
    [InlineData("foo..", "bar", "invalid subject")]
    [InlineData("foo.>.bar", "bar", "invalid subject")]
    [InlineData("foo.*", "bar.*", "invalid subject")]
    [InlineData("foo.*", "bar.$1.>", "invalid subject")]
    [InlineData("foo.>", "bar.baz", "invalid subject")]
    [InlineData("foo.*", "bar.$2", Prefix + "wildcard index out of range in $2: [2]")]
    [InlineData("foo.>", "$1.>", Prefix + "wildcard index out of range in $1: [1]")]
    [InlineData("foo.*", "foo.{{wildcard(2)}}", Prefix + "wildcard index out of range in {{wildcard(2)}}: [2]")]
    [InlineData("foo.*", "foo.{{partition(2,1,2)}}", Prefix + "wildcard index out of range in {{partition(2,1,2)}}: [2]")]
    [InlineData("foo.*", "foo.{{unimplemented(1)}}", Prefix + "unknown function in {{unimplemented(1)}}")]
    [InlineData("foo.*", "foo.{{PARTITION(1)}}", Prefix + "unknown function in {{PARTITION(1)}}")]
    [InlineData("foo.*", "foo.{{ wildcard5) }}", Prefix + "unknown function in {{ wildcard5) }}")]
    [InlineData("foo.*", "foo.{{splitLeft(2,2}}", Prefix + "unknown function in {{splitLeft(2,2}}")]
    [InlineData("foo.*", "foo.{{partition()}}", Prefix + "function argument is invalid or in the wrong format in {{partition()}}")]
    [InlineData("foo.*", "foo.{{random()}}", Prefix + "function argument is invalid or in the wrong format in {{random()}}")]
    [InlineData("foo.*", "foo.{{random(1,2)}}", Prefix + "not enough arguments passed to the function in {{random(1,2)}}")]
    [InlineData("foo.*", "foo.{{wildcard(foo)}}", Prefix + "function argument is invalid or in the wrong format in {{wildcard(foo)}}")]
    [InlineData("foo.*", "foo.{{wildcard()}}", Prefix + "not enough arguments passed to the function in {{wildcard()}}")]
    [InlineData("foo.*", "foo.{{wildcard(1,2)}}", Prefix + "too many arguments passed to the function in {{wildcard(1,2)}}")]
    [InlineData("foo.*", "foo.{{left(1)}}", Prefix + "not enough arguments passed to the function in {{left(1)}}")]
    [InlineData("foo.*", "foo.{{left(1,2,3)}}", Prefix + "too many arguments passed to the function in {{left(1,2,3)}}")]
    [InlineData("foo.*", "foo.{{left(x,2)}}", Prefix + "function argument is invalid or in the wrong format in {{left(x,2)}}")]
    [InlineData("foo.*", "foo.{{left(1,2147483648)}}", Prefix + "function argument is invalid or in the wrong format in {{left(1,2147483648)}}")]
    [InlineData("foo.*", "foo.{{split(1,a b)}}", Prefix + "function argument is invalid or in the wrong format in {{split(1,a b)}}")]
    [InlineData("foo.*", "foo.{{partition(2147483648)}}", Prefix + "function argument is invalid or in the wrong format in {{partition(2147483648)}}")]
    [InlineData("foo.*", "foo.{{random(2147483648)}}", Prefix + "function argument is invalid or in the wrong format in {{random(2147483648)}}")]
    [InlineData("foo", "bla.{{wildcard(1)}}", Prefix + "wildcard index out of range in {{wildcard(1)}}")]
    [InlineData("foo", "bla.$1", Prefix + "wildcard index out of range in $1")]
    public void An_error_is_worded_as_by_the_reference(string source, string destination, string expected) =>
        Assert.Equal(expected, Error(source, destination));

    [Theory]
    [InlineData("foo.*.*", "bar.$2", Prefix + "not using all of the token wildcard(s) in bar.$2")]
    [InlineData("foo.*", "foo.$foo", Prefix + "not using all of the token wildcard(s) in foo.$foo")]
    [InlineData("foo.*", "bar.{{Partition(2,1)}}",
        Prefix + "the only mapping function allowed for import transforms is {{Wildcard()}} in {{Partition(2,1)}}")]
    public void A_strict_transform_must_be_reversible(string source, string destination, string expected)
    {
        Assert.Equal(expected, Error(source, destination, isStrict: true));
        Assert.Null(Error(source, destination));
    }

    [Theory]
    [InlineData("foo.*", "foo.{{partition(2147483647)}}")]
    [InlineData("foo.*", "foo.{{random(2147483647)}}")]
    [InlineData("foo.bar", "foo.{{random(2147483647)}}")]
    [InlineData("foo.*.*", "bar.{{partition(1)}}")]
    [InlineData("foo.*", "foo.{{split(1, )}}")]
    public void What_the_reference_takes_is_taken(string source, string destination) => Assert.Null(Error(source, destination));

    [Fact]
    public void No_destination_is_no_transform()
    {
        Assert.True(SubjectTransform.TryCreate("foo", "", isStrict: false, out SubjectTransform? transform, out _));
        Assert.Null(transform);
    }

    [Theory]
    [InlineData("bar", "foo", null)]
    [InlineData("foo", "foo.bar", null)]
    [InlineData("*", "{{wildcard(1)}}", null)]
    [InlineData("foo.>", ">", null)]
    [InlineData("foo.*", "bar.{{wildcard(1)}}", null)]
    [InlineData("foo.*.>", "bar.{{wildcard(1)}}.>", null)]
    [InlineData("foo.bar.>", "foo.bar.foo.>", null)]
    [InlineData("*", "foo.{{ wildcard(1) }}", null)]
    [InlineData("*", "foo.{{wildcard( 1 )}}", null)]
    [InlineData("*", "foo.{{partition(2,1)}}", null)]
    [InlineData("*.*", "foo.{{SplitFromLeft(2,1)}}", null)]
    [InlineData("*.*", "foo.{{SplitFromRight(2,1)}}", null)]
    [InlineData("*", "foo.{{left(1,1)}}", null)]
    [InlineData("*", "", null)]
    [InlineData("*", "foo.{{unknown(1)}}", Prefix + "unknown function in {{unknown(1)}}")]
    [InlineData("foo", "foo..}", Prefix + "invalid transform")]
    [InlineData("foo", "foo. bar}", Prefix + "invalid transform")]
    [InlineData("foo.>", "foo.>.bar", Prefix + "invalid transform in bar")]
    [InlineData("foo.*", "foo.*", "invalid subject")]
    public void A_mapping_is_validated(string source, string destination, string? expected)
    {
        Assert.Equal(expected is null, SubjectTransform.ValidateMapping(source, destination, out string? error));
        Assert.Equal(expected, error);
    }

    [Theory]
    [InlineData("foo.*.*", "foo.$1.$2")]
    [InlineData("*", "$1")]
    [InlineData("foo.*x.>", "foo.*x.>")]
    public void Wildcards_are_named(string subject, string expected) => Assert.Equal(expected, SubjectTransform.Tokenize(subject));

    [Theory]
    [InlineData("bar", "bar", "")]
    [InlineData("foo.$2.$1", "foo.*.*", "$2 $1")]
    [InlineData("foo.{{wildcard(2)}}.{{wildcard(1)}}", "foo.*.*", "{{wildcard(2)}} {{wildcard(1)}}")]
    [InlineData("foo.$0.$x.{{wildcard()}}.{{wildcard(1,2)}}", "foo.$0.$x.{{wildcard()}}.{{wildcard(1,2)}}", "")]
    public void Placeholders_are_found(string destination, string filter, string placeholders)
    {
        (string actual, IReadOnlyList<string> found) = SubjectTransform.Untokenize(destination);

        Assert.Equal(filter, actual);
        Assert.Equal(placeholders, string.Join(' ', found));
    }

    [Theory]
    [InlineData("foo.*.*", "bar.$2.{{Wildcard(1)}}", "foo.b.a")]
    [InlineData("*.*.*", "$2.$3.$1", "a.b.c")]
    [InlineData("foo.*.>", "$1.bar.>", "foo.x.y.z")]
    [InlineData("foo.bar", "baz", "foo.bar")]
    public void A_transform_that_moves_wildcards_can_be_reversed(string source, string destination, string subject)
    {
        SubjectTransform transform = Create(source, destination);

        string there = transform.Transform(subject, _random)!;

        Assert.Equal(subject, transform.Reverse()!.Transform(there, _random));
    }

    [Theory]
    [InlineData("foo.*.*", "bar.$1")]
    [InlineData("foo.*.*", "bar.$1.$1")]
    [InlineData("foo.*", "bar.{{left(1,2)}}")]
    [InlineData("foo.*", "bar.$1.$0")]
    [InlineData("foo", "bar.{{random(2)}}")]
    public void A_transform_that_loses_something_cannot_be_reversed(string source, string destination) =>
        Assert.Null(Create(source, destination).Reverse());

    [Fact]
    public void Subjects_of_very_many_tokens_are_transformed()
    {
        string numbers = string.Join('.', Enumerable.Range(1, 500));
        string wildcards = string.Join('.', Enumerable.Repeat("*", 498));

        Assert.Equal("b.498.1.499.500", Create(wildcards + ".>", "b.$498.$1.>").Transform(numbers, _random));
    }

    [Fact]
    public void Transforming_allocates_nothing()
    {
        SubjectTransform[] transforms =
        [
            Create("foo.*.>", "bar.{{partition(10,1)}}.$1.{{split(1,-)}}.{{sliceFromLeft(1,1)}}.{{random(10)}}.>"), Create("foo.*.*", "fixed"), Create(">", "x.>"),
        ];
        var output = new ArrayBufferWriter<byte>(1024);
        long before = 0;
        for (int i = 0; i < 100; i++)
        {
            if (i == 50) before = GC.GetAllocatedBytesForCurrentThread();
            foreach (SubjectTransform transform in transforms)
            {
                output.ResetWrittenCount();
                transform.TryTransform("foo.a-b-c.d"u8, output, _random);
            }
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    // Whatever is written as a transform either is refused or works within its bound.
    [Fact]
    public void Random_transforms_never_write_more_than_they_announce()
    {
        string[] functions = ["{{wildcard(1)}}", "$2", "$1", "{{partition(7,1,2)}}", "{{random(1000000)}}", "{{split(1,-)}}", "{{split(2,)}}", "{{sliceFromLeft(1,1)}}",
            "{{sliceFromRight(2,2)}}", "{{splitFromLeft(1,2)}}", "{{splitFromRight(2,1)}}", "{{left(1,2)}}", "{{right(2,3)}}", "x", "literal", "{{partition(-3)}}"];
        for (int i = 0; i < 20_000; i++)
        {
            string destination = string.Join('.', Enumerable.Range(0, _random.Next(1, 6)).Select(_ => functions[_random.Next(functions.Length)])) + ".>";
            SubjectTransform transform = Create("*.*.>", destination);
            string subject = string.Join('.', Enumerable.Range(0, _random.Next(3, 6)).Select(_ => new string('-', _random.Next(2)) + new string('q', _random.Next(1, 9))));
            string? result = transform.Transform(subject, _random);
            Assert.NotNull(result);
            Assert.EndsWith(subject.Split('.', 3)[2], result, StringComparison.Ordinal);
        }
    }

    private static SubjectTransform Create(string source, string destination)
    {
        Assert.True(SubjectTransform.TryCreate(source, destination, isStrict: false, out SubjectTransform? transform, out string? error), error);
        return transform!;
    }

    private static string? Error(string source, string destination, bool isStrict = false)
    {
        SubjectTransform.TryCreate(source, destination, isStrict, out _, out string? error);
        return error;
    }
}
