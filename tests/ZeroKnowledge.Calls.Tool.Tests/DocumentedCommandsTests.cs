using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>The commands in the documents are ones that the tool has, with options that it has.</summary>
public sealed partial class DocumentedCommandsTests
{
    [Fact]
    public void Documents_Commands_Parse()
    {
        string root = SessionTests.Root();
        string[] documents = [.. Directory.EnumerateFiles(root, "*.md"), .. Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)];
        List<string> faults = [];
        int commands = 0;
        foreach (string document in documents)
        {
            string text = File.ReadAllText(document).Replace("\\\n", " ", StringComparison.Ordinal);
            foreach (Match match in CommandLines().Matches(text))
            {
                commands++;
                ParseResult parsed = Parse(match.Groups["line"].Success ? match.Groups["line"].Value : match.Groups["quoted"].Value);
                // What stands in a sentence may leave out what the sentence is not about.
                IEnumerable<string> errors = match.Groups["line"].Success ? parsed.Errors.Select(error => error.Message) : parsed.UnmatchedTokens;
                faults.AddRange(errors.Select(error => $"{Path.GetRelativePath(root, document)}: {match.Value.Trim()}: {error}"));
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
        Assert.True(commands > 60, $"Only {commands} commands were found.");
    }

    private static ParseResult Parse(string command) =>
        CommandLine.Root().Parse([.. CommandLineParser.SplitCommandLine(command.Split(" # ")[0].Split(">>")[0].Split("&&")[0].Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)).Where(word => word != "&")]);

    // A line of a block, or a quoted command that is more than the tool's name.
    [GeneratedRegex("^ *zkcalls (?<line>.*)$|`zkcalls (?<quoted>[a-z][^`\n]*)`", RegexOptions.Multiline)]
    private static partial Regex CommandLines();
}
