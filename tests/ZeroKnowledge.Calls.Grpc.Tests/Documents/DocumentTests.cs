using System.Reflection;
using System.Text.RegularExpressions;
using ZeroKnowledge.Calls.Extensions;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What the documents say of the repository: the code in them compiles, and what they name is there.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Documents_CSharp_IsCompiled()
    {
        string[] compiled = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests/ZeroKnowledge.Calls.Grpc.Tests/Documents"), "*.cs").Select(path => Lines(File.ReadAllText(path)))];
        List<string> faults = [];
        foreach (string document in Documents())
        {
            foreach (string block in CSharp().Matches(Repository.Read(document)).Select(match => Lines(match.Groups[1].Value)))
            {
                if (!compiled.Any(source => source.Contains(block, StringComparison.Ordinal)))
                {
                    faults.Add($"{document} has C# that is in no file of this folder:\n{block}");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void CLibrary_TableOfSettings_IsThatOfTheSettings()
    {
        Dictionary<string, string> documented = [];
        foreach (Match row in Setting().Matches(Repository.Read("docs/C-LIBRARY.md")))
        {
            foreach (string name in row.Groups[1].Value.Split(", "))
            {
                documented.Add(name.Trim('`'), row.Groups[2].Value.Trim('`', ' '));
            }
        }

        CallRecorderSettings defaults = new();
        Dictionary<string, object?> settings = typeof(CallRecorderSettings).GetProperties().ToDictionary(property => property.Name, property => property.GetValue(defaults));
        Assert.Equal(settings.Keys.Order(), documented.Keys.Order());
        foreach ((string name, object? value) in settings)
        {
            string expected = value switch
            {
                null => documented[name] is "none" or "all" or "the system's" ? documented[name] : "none",
                int.MaxValue => "no bound",
                long bytes => $"{bytes >> 30} GiB",
                bool flag => flag ? "true" : "false",
                IList<string> or "" => "",
                _ => $"{value}",
            };
            Assert.Equal($"{name}: {expected}", $"{name}: {documented[name]}");
        }
    }

    [Fact]
    public void Documents_MembersTheyName_Exist()
    {
        const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        ILookup<string, Type> types = new[] { typeof(Recording), typeof(CallRecorder), typeof(SqliteRegister), typeof(CallRecorderSettings) }
            .SelectMany(type => type.Assembly.GetTypes()).ToLookup(type => type.Name);
        List<string> faults = [];
        foreach (string document in Documents())
        {
            foreach (Match name in Member().Matches(Prose(document)))
            {
                string type = name.Groups[1].Value, member = name.Groups[2].Value;
                if (types.Contains(type) && !types[type].Any(one => one.GetMember(member, Any).Length > 0))
                {
                    faults.Add($"{document} names {type}.{member}, which is not there");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Documents_Links_LeadSomewhere()
    {
        List<string> faults = [];
        foreach (string document in Documents())
        {
            foreach (Match link in Link().Matches(Prose(document)))
            {
                string section = link.Groups[2].Value;
                string target = link.Groups[1].Length == 0 ? document : Path.Combine(Path.GetDirectoryName(document)!, link.Groups[1].Value);
                if (!Path.Exists(Path.Combine(Repository.Root, target)) || (section.Length > 0 && !Sections(target).Contains(section)))
                {
                    faults.Add($"{document} links to {link.Value[2..^1]}, which is not there");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Documents_TestsAndPathsTheyName_Exist()
    {
        string[] tests = [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests"), "*.cs", SearchOption.AllDirectories).Where(IsSource).Select(File.ReadAllText)];
        List<string> faults = [];
        foreach (string document in Documents())
        {
            foreach (string name in Quoted().Matches(Prose(document)).Select(quoted => quoted.Groups[1].Value).Where(name => name != "Method_State_Expectation"))
            {
                bool exists = TestName().Match(name) is { Success: true } test
                    ? tests.Any(source => Declares(source, test.Groups["type"].Value, test.Groups["method"].Value))
                    : TrackedPath().Match(name) is not { Success: true } path || Path.Exists(Path.Combine(Repository.Root, path.Value));
                if (!exists)
                {
                    faults.Add($"{document} names {name}, which is not there");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    // A test class, one of its tests, or tests whose names begin so.
    private static bool Declares(string source, string type, string method) =>
        (type.Length == 0 || Regex.IsMatch(source, $@"\bclass {type}\b"))
        && (method.Length == 0 || Regex.IsMatch(source, method.EndsWith('…') ? $@"\b(void|Task) {method[..^1]}" : $@"\b(void|Task) {method}\("));

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(Repository.Root, "*.md")
        .Concat(new[] { "docs", "samples", "src" }.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md", SearchOption.AllDirectories)))
        .Where(IsSource)
        .Select(path => Path.GetRelativePath(Repository.Root, path));

    private static bool IsSource(string path) => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal);

    private static string Prose(string document) => Code().Replace(Repository.Read(document), "");

    // As GitHub names them.
    private static HashSet<string> Sections(string document) => [.. Heading().Matches(Prose(document))
        .Select(match => NotInSections().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    // Without indentation, and without the directives that only a whole program has.
    private static string Lines(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && !Directive().IsMatch(line)));

    [GeneratedRegex(@"^\| (`[A-Z]\w+`(?:, `\w+`)*)(?: \\\*)? \| ([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"`([A-Z]\w+)\.([A-Z]\w+)\b")]
    private static partial Regex Member();

    [GeneratedRegex(@"^using [\w.]+;$")]
    private static partial Regex Directive();

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharp();

    [GeneratedRegex("^ *```.*?^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.*?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInSections();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^(?:\w+/)?(?<type>\w+Tests)(?:\.(?<method>\w+…?))?$|^(?=.*[a-z])(?<method>[A-Z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+)$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^(?:src|tests|samples|docs|benchmarks)/[\w./-]*\w")]
    private static partial Regex TrackedPath();
}
