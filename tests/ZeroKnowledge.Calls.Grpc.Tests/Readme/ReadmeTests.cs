namespace ZeroKnowledge.Calls.Grpc.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void Readme_CSharpBlocks_AreTheCompiledOnes()
    {
        string root = Root();
        List<string> blocks = Blocks(File.ReadAllLines(Path.Combine(root, "README.md")), line => line == "```csharp", line => line == "```");
        List<string> compiled = Blocks(
            File.ReadAllLines(Path.Combine(root, "tests/ZeroKnowledge.Calls.Grpc.Tests/Readme/ReadmeSnippets.cs")),
            line => line.StartsWith("// README ", StringComparison.Ordinal) && line != "// README end",
            line => line == "// README end");
        Assert.Equal(3, blocks.Count);
        Assert.Equal(compiled, blocks);
    }

    [Fact]
    public void Readme_FilesItNames_Exist()
    {
        string root = Root();
        foreach (string line in File.ReadAllLines(Path.Combine(root, "README.md")))
        {
            foreach (string link in line.Split("](").Skip(1).Select(part => part[..part.IndexOf(')', StringComparison.Ordinal)]))
            {
                Assert.True(Path.Exists(Path.Combine(root, link)), $"{link} is named in the README and does not exist");
            }
        }
    }

    private static List<string> Blocks(string[] lines, Func<string, bool> begins, Func<string, bool> ends)
    {
        List<string> blocks = [];
        List<string>? block = null;
        foreach (string line in lines)
        {
            if (block is null)
            {
                block = begins(line.Trim()) ? [] : null;
            }
            else if (ends(line.Trim()))
            {
                blocks.Add(string.Join('\n', block));
                block = null;
            }
            else if (line.Trim().Length > 0)
            {
                block.Add(line.Trim());
            }
        }

        return blocks;
    }

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
}
