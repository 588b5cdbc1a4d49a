using System.Text.RegularExpressions;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>What the documents say of the repository: the code in them compiles, and what they name is there.</summary>
public sealed partial class DocumentTests
{
    private static readonly string _root = Root();

    [Fact]
    public void Readme_Program_IsTheCompiledOne()
    {
        string[] program = Program().Match(Read("README.md")).Groups[1].Value.Split('\n');
        string compiled = Read("tests/ZeroKnowledge.Calls.Grpc.Tests/Documents/QuickStart.cs");
        Assert.True(program.Length > 20, "The README has no program.");
        Assert.Contains(
            Lines(program.Where(line => !line.StartsWith("using ", StringComparison.Ordinal) || !line.EndsWith(';') || line.Contains('='))),
            Lines(compiled.Split('\n')),
            StringComparison.Ordinal);
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
                if (!Path.Exists(Path.Combine(_root, target)) || (section.Length > 0 && !Sections(target).Contains(section)))
                {
                    faults.Add($"{document} links to {link.Value[2..^1]}, which is not there");
                }
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void Documents_TestsAndPathsTheyName_Exist()
    {
        string[] tests = [.. Directory.EnumerateFiles(Path.Combine(_root, "tests"), "*.cs", SearchOption.AllDirectories).Where(IsSource).Select(File.ReadAllText)];
        List<string> faults = [];
        foreach (string document in Documents())
        {
            foreach (string name in Quoted().Matches(Prose(document)).Select(quoted => quoted.Groups[1].Value).Where(name => name != "Method_State_Expectation"))
            {
                bool exists = TestName().Match(name) is { Success: true } test
                    ? tests.Any(source => Declares(source, test.Groups["type"].Value, test.Groups["method"].Value))
                    : TrackedPath().Match(name) is not { Success: true } path || Path.Exists(Path.Combine(_root, path.Value));
                if (!exists)
                {
                    faults.Add($"{document} names {name}, which is not there");
                }
            }
        }

        Assert.Empty(faults);
    }

    // A test class, one of its tests, or tests whose names begin so.
    private static bool Declares(string source, string type, string method) =>
        (type.Length == 0 || Regex.IsMatch(source, $@"\bclass {type}\b"))
        && (method.Length == 0 || Regex.IsMatch(source, method.EndsWith('…') ? $@"\b(void|Task) {method[..^1]}" : $@"\b(void|Task) {method}\("));

    private static IEnumerable<string> Documents() => Directory.EnumerateFiles(_root, "*.md")
        .Concat(Directory.EnumerateFiles(Path.Combine(_root, "docs"), "*.md", SearchOption.AllDirectories))
        .Concat(Directory.EnumerateFiles(Path.Combine(_root, "samples"), "*.md", SearchOption.AllDirectories).Where(IsSource))
        .Select(path => Path.GetRelativePath(_root, path));

    private static bool IsSource(string path) => !path.Contains("/bin/", StringComparison.Ordinal) && !path.Contains("/obj/", StringComparison.Ordinal);

    private static string Prose(string document) => Code().Replace(Read(document), "");

    // As GitHub names them.
    private static HashSet<string> Sections(string document) => [.. Heading().Matches(Prose(document))
        .Select(match => NotInSections().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'))];

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Select(line => line.Trim()).Where(line => line.Length > 0));

    private static string Read(string path) => File.ReadAllText(Path.Combine(_root, path));

    // From the test's own folder upwards: a build for CI does not know where its sources were.
    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "ZeroKnowledge.Calls.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run within the repository.");
    }

    [GeneratedRegex("^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Program();

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

    [GeneratedRegex(@"^(?:\w+/)?(?<type>\w+Tests)(?:\.(?<method>\w+…?))?$|^(?<method>[A-Z]\w*[a-z]\w*_\w+…?)$")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^(?:src|tests|samples|docs|benchmarks)/[\w./-]*\w")]
    private static partial Regex TrackedPath();
}
