using System.Globalization;
using System.Text.RegularExpressions;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Section 15 of docs/FORMAT.md, line by line, against the vector files that it names.</summary>
public partial class WorkedExampleTests
{
    // Title, and lines until the fence.
    [GeneratedRegex(@"^```\n# (?<vector>[a-z0-9-]+): (?<what>[a-z0-9 ]+)\n(?<lines>(?:.*\n)*?)```$", RegexOptions.Multiline)]
    private static partial Regex Block { get; }

    [GeneratedRegex(@"^ *(?<at>[0-9]+)  (?:(?<hex>[0-9a-f…]+(?: [0-9a-f]+)*) {2,}(?<meaning>.+)|end)$")]
    private static partial Regex Field { get; }

    [GeneratedRegex(@"^(?<name>.+?) {2,}(?<hex>[0-9a-f]+)$")]
    private static partial Regex Value { get; }

    public static TheoryData<string> Blocks => [.. Matches().Select(Title)];

    [Fact]
    public void Section15_HasAnExampleOfEveryKindInBothSuites()
    {
        string[] blocks = [.. Matches().Select(Title)];
        // Each block has two fences: none was passed over because its title is mistyped.
        Assert.Equal(2 * blocks.Length, Section().Split("```").Length - 1);
        foreach (string what in new[] { "keys", "header", "payload", "chunk", "tree", "seal", "envelope", "wrapping", "container" })
        {
            Assert.Contains($"aes-one-chunk: {what}", blocks);
        }

        foreach (string what in new[] { "keys", "chunk", "envelope", "container" })
        {
            Assert.Contains($"aegis-one-chunk: {what}", blocks);
        }

        Assert.Contains("part-erased-aes: proof", blocks);
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Block_OfSection15_IsWhatTheVectorHolds(string title)
    {
        Match block = Matches().Single(match => Title(match) == title);
        string what = block.Groups["what"].Value;
        string[] lines = block.Groups["lines"].Value.TrimEnd('\n').Split('\n');
        WorkedExample example = new(VectorFile.Load(VectorTests.PathOf(block.Groups["vector"].Value)));
        if (example.Structure(what) is { } bytes)
        {
            CheckFields(lines, bytes);
            return;
        }

        IReadOnlyDictionary<string, byte[]> values = example.Values(what);
        foreach (string line in lines)
        {
            Match match = Value.Match(line);
            Assert.True(match.Success, line);
            string name = match.Groups["name"].Value;
            Assert.True(values.ContainsKey(name), $"{name} is not known.");
            Assert.Equal($"{name} {Convert.ToHexStringLower(values[name])}", $"{name} {match.Groups["hex"].Value}");
        }
    }

    private static void CheckFields(string[] lines, byte[] bytes)
    {
        Match[] fields = [.. lines.Select(line => Field.Match(line))];
        int[] offsets = [.. fields.Select((field, i) => field.Success ? int.Parse(field.Groups["at"].Value, CultureInfo.InvariantCulture) : throw new InvalidOperationException(lines[i]))];
        Assert.Equal(0, offsets[0]);
        Assert.Equal(bytes.Length, offsets[^1]);
        Assert.EndsWith("end", lines[^1], StringComparison.Ordinal);
        for (int i = 0; i < fields.Length - 1; i++)
        {
            string actual = Convert.ToHexStringLower(bytes.AsSpan(offsets[i]..offsets[i + 1]));
            string[] shown = fields[i].Groups["hex"].Value.Replace(" ", "", StringComparison.Ordinal).Split('…');
            Assert.True(shown.Length == 2 ? actual.StartsWith(shown[0], StringComparison.Ordinal) && actual.EndsWith(shown[1], StringComparison.Ordinal) : actual == shown[0],
                $"At {offsets[i]}, {fields[i].Groups["meaning"].Value}: {actual}");
        }
    }

    private static string Title(Match block) => $"{block.Groups["vector"].Value}: {block.Groups["what"].Value}";

    private static MatchCollection Matches() => Block.Matches(Section());

    private static string Section()
    {
        string text = File.ReadAllText(Repository.Format);
        int begin = text.IndexOf("\n## 15. ", StringComparison.Ordinal);
        int end = text.IndexOf("\n## 16. ", StringComparison.Ordinal);
        Assert.True(begin > 0 && end > begin, "docs/FORMAT.md has no section 15.");
        return text[begin..end];
    }
}
