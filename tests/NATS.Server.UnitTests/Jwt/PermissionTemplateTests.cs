using NATS.Server.Core.Jwt;
using Xunit;

namespace NATS.Server.UnitTests.Jwt;

public sealed class PermissionTemplateTests
{
    private static readonly UserClaims User = new() { Name = "joe", Subject = "UJOE", IssuerAccount = "AACC", Tags = ["dept:sales", "dept:legal", "city:rome", "plain", "bad:a b"] };

    [Theory]
    [InlineData("x.{{name()}}", "x.joe")]
    [InlineData("x.{{ NAME() }}.y", "x.joe.y")]
    [InlineData("{{subject()}}.>", "UJOE.>")]
    [InlineData("{{account-name()}}.{{account-subject()}}", "acc.AACC")]
    [InlineData("{{tag(city)}}", "rome")]
    [InlineData("{{tag(CITY)}}", "rome")]
    [InlineData("{{account-tag(zone)}}", "eu")]
    [InlineData("d.{{tag(dept)}}", "d.sales d.legal")]
    [InlineData("{{tag(dept)}}.{{tag(city)}}", "sales.rome legal.rome")]
    [InlineData("{{tag(dept)}}.{{ tag(dept) }}", "sales.sales sales.legal legal.sales legal.legal")]
    [InlineData("{{tag(dept)}}.{{tag(dept)}}", "sales.sales legal.legal")]
    [InlineData("plain.>", "plain.>")]
    [InlineData("{not}.{{}}", "{not}.{{}}")]
    public void Holes_are_filled_in(string subject, string expected)
    {
        UserRights rights = Expand(new PermissionList([subject, "{{name()}}"], []));
        Assert.Equal([.. expected.Split(' '), "joe"], rights.Permissions.Publish.Allow);
    }

    [Theory]
    [InlineData("{{tag(none)}}")]
    [InlineData("{{tag(bad)}}")]
    [InlineData("x..{{name()}}")]
    public void What_gives_no_subject_allows_nothing(string subject)
    {
        PermissionList publish = Expand(new PermissionList([subject], [])).Permissions.Publish;
        Assert.Empty(publish.Allow);
        Assert.Equal([">"], publish.Deny);
    }

    [Theory]
    [InlineData("{{tag(none)}}", "generated invalid subject \"{{tag(none)}}\": \"none\" is not defined")]
    [InlineData("{{tag(bad)}}", "generated invalid subject")]
    public void What_gives_no_subject_fails_where_it_should_deny(string subject, string expected) =>
        Assert.Equal(expected, Refuse(new PermissionList([], [subject])));

    [Fact]
    public void Unknown_operations_fail()
    {
        Assert.Equal("template operation in \"{{who()}}\": \"who()\" is not defined", Refuse(new PermissionList(["{{who()}}"], [])));
    }

    // What was filled in is not looked at again: a name with braces stays a name.
    [Fact]
    public void Values_are_not_templates()
    {
        var user = User with { Name = "{{subject()}}" };
        Assert.True(PermissionTemplate.TryExpand(Template(new PermissionList(["a.{{name()}}"], [])), user, "acc", [], out UserRights? rights, out _));
        Assert.Equal(["a.{{subject()}}"], rights.Permissions.Publish.Allow);
    }

    [Fact]
    public void Expansion_is_bounded()
    {
        var user = User with { Tags = [.. Enumerable.Range(0, 17).Select(i => "n:" + i)] };
        UserRights template = Template(new PermissionList(["{{tag(n)}}.{{ tag(n)}}.{{tag(n) }}"], []));
        Assert.False(PermissionTemplate.TryExpand(template, user, "acc", [], out _, out string? error));
        Assert.Equal("template expansion exceeds limit: 4096", error);

        user = user with { Tags = [.. user.Tags.Take(16)] };
        Assert.True(PermissionTemplate.TryExpand(template, user, "acc", [], out UserRights? rights, out error), error);
        Assert.Equal(4096, rights.Permissions.Publish.Allow.Count);
    }

    [Fact]
    public void A_template_without_holes_stays_as_it_is()
    {
        var list = new PermissionList(["a queue", "b"], ["c"]);
        Assert.Equal(list, Expand(list).Permissions.Publish);
    }

    private static UserRights Template(PermissionList publish) => UserRights.Standard with { Permissions = new ClaimPermissions(publish, PermissionList.None) };

    private static UserRights Expand(PermissionList publish)
    {
        Assert.True(PermissionTemplate.TryExpand(Template(publish), User, "acc", ["zone:eu"], out UserRights? rights, out string? error), error);
        return rights;
    }

    private static string Refuse(PermissionList publish)
    {
        Assert.False(PermissionTemplate.TryExpand(Template(publish), User, "acc", [], out _, out string? error));
        return error;
    }
}
