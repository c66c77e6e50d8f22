using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace NATS.Server.UnitTests.Architecture;

/// <summary>Habits that erode one small exception at a time.</summary>
public sealed partial class StyleRatchetTests
{
    private const int MaximumLines = 700;

    // Longer files there are, with the length that they may not outgrow. Nothing is added here; entries go when a file has been split.
    private static readonly Dictionary<string, int> LongFiles = new(StringComparer.Ordinal);

    [Fact]
    public void Source_files_stay_short()
    {
        IEnumerable<string> tooLong = SourceTree.Below("src")
            .Where(file => file.Lines > LongFiles.GetValueOrDefault(file.Path, MaximumLines))
            .Select(file => $"{file.Path}: {file.Lines} lines");
        Assert.Empty(tooLong);
    }

    [Fact]
    public void Long_file_allowances_are_needed()
    {
        Dictionary<string, int> lines = SourceTree.Below("src").ToDictionary(file => file.Path, file => file.Lines, StringComparer.Ordinal);
        Assert.All(LongFiles.Keys, path => Assert.True(lines.GetValueOrDefault(path) > MaximumLines, path + " is short now: drop its allowance"));
    }

    [Fact]
    public void No_unfinished_work_is_left_in_comments()
    {
        IEnumerable<string> unfinished = SourceTree.Below("src").Concat(SourceTree.Below("tests")).Concat(SourceTree.Below("bench"))
            .Where(file => Unfinished().IsMatch(file.Text))
            .Select(file => file.Path);
        Assert.Empty(unfinished);
    }

    [Fact]
    public void Tests_wait_for_events_and_not_for_time_to_pass()
    {
        IEnumerable<string> sleepers = SourceTree.Below("tests").Where(file => Sleep().IsMatch(SourceTree.WithoutComments(file.Text))).Select(file => file.Path);
        Assert.Empty(sleepers);
    }

    [Fact]
    public void Namespaces_equal_folders()
    {
        List<string> wrong = [];
        foreach (string project in SourceTree.Projects)
        {
            foreach (SourceFile file in SourceTree.Below("src", project))
            {
                Match declared = Namespace().Match(file.Text);
                if (!declared.Success) continue;
                string expected = file.Folder.Length == 0 ? project : project + "." + file.Folder.Replace('/', '.');
                string actual = declared.Groups["name"].Value;

                // The embedding API is found where people look for it.
                if (project == "NATS.Server" && file.TopFolder == "Hosting" && actual == project) continue;
                if (actual != expected) wrong.Add($"{project}/{file.Path}: {actual}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("NATS.Server.Core")]
    [InlineData("NATS.Server.JetStream")]
    [InlineData("NATS.Server")]
    public void Libraries_have_no_static_state(string assembly)
    {
        IEnumerable<string> mutable = Assembly.Load(assembly).GetTypes()
            .Where(type => !IsGenerated(type))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsLiteral && !field.IsInitOnly && !IsGenerated(field))
            .Select(field => $"{field.DeclaringType}.{field.Name}");
        Assert.Empty(mutable);
    }

    private static bool IsGenerated(MemberInfo member) =>
        member.Name.Contains('<') || member.IsDefined(typeof(CompilerGeneratedAttribute)) || member.IsDefined(typeof(System.CodeDom.Compiler.GeneratedCodeAttribute))
        || (member.DeclaringType is { } outer && IsGenerated(outer));

    // Spelled in two parts so that this file does not find itself.
    [GeneratedRegex(@"\b(?:TO" + @"DO|FIX" + @"ME|HA" + @"CK)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"\b(?:Thread\.Sl" + @"eep|Task\.De" + @"lay)\b")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
