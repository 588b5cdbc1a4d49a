using System.Text.Json;
using System.Text.Json.Nodes;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Every file of <c>tests/vectors</c> through the reader, with its key and without.</summary>
public class VectorTests
{
    private const int AtLeast = 70;

    // The files are frozen: this is for new ones only.
    private const string WriteVariable = "ZKCALLS_WRITE_VECTORS";

    public static TheoryData<string> Names => [.. FileNames()];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Read_OfVector_IsAsExpected(string name)
    {
        VectorFile file = VectorFile.Load(PathOf(name));
        bool keysOnly = file.Header is null && file.Container is null;
        if (file.Header is not null || keysOnly)
        {
            Compare(file.Expected, await VectorRun.ReadAsync(file, withKey: true, container: false));
        }

        if (file.Container is not null)
        {
            Compare(file.Expected, await VectorRun.ReadAsync(file, withKey: true, container: true));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Verify_OfVectorWithoutKey_IsAsExpected(string name)
    {
        VectorFile file = VectorFile.Load(PathOf(name));
        if (file.Verifier is { } expected && file.Header is not null)
        {
            Compare(expected, await VectorRun.ReadAsync(file, withKey: false, container: false));
        }

        if (file.Verifier is { } expectedOfFile && file.Container is not null)
        {
            Compare(expectedOfFile, await VectorRun.ReadAsync(file, withKey: false, container: true));
        }
    }

    [Fact]
    public void Vectors_AreManyAndInBothSuites()
    {
        VectorFile[] files = [.. FileNames().Select(name => VectorFile.Load(PathOf(name)))];
        Assert.True(files.Length >= AtLeast, $"There are {files.Length} vectors, fewer than {AtLeast}.");
        Assert.Contains(files, file => file.Header?[16..20] == "0001");
        Assert.Contains(files, file => file.Header?[16..20] == "0002");
        foreach (string state in Enum.GetNames<RecordingState>())
        {
            Assert.Contains(files, file => file.Expected.State == state);
        }

        Assert.All(files, file =>
        {
            Assert.NotEmpty(file.Comment);
            Assert.Matches("^[0-9]+(, [0-9]+)*$", file.Section);
        });
    }

    [Fact]
    public void Vectors_AreWhatTheMakerMakes()
    {
        IReadOnlyDictionary<string, VectorFile> made = VectorBook.Make().Files;
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            Directory.CreateDirectory(Repository.Vectors);
            foreach ((string name, VectorFile file) in made)
            {
                File.WriteAllText(PathOf(name), file.ToJson());
            }
        }

        Assert.Equal(made.Keys, FileNames());
        foreach ((string name, VectorFile file) in made)
        {
            Assert.True(file.ToJson() == File.ReadAllText(PathOf(name)), $"{name}.json is not what the maker makes. It is frozen: has the format changed?");
        }
    }

    internal static string PathOf(string name) => Path.Combine(Repository.Vectors, name + ".json");

    private static IEnumerable<string> FileNames() =>
        Directory.GetFiles(Repository.Vectors, "*.json").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    private static void Compare(VectorOutcome expected, VectorOutcome actual)
    {
        JsonObject wanted = JsonSerializer.SerializeToNode(expected)!.AsObject();
        JsonObject found = JsonSerializer.SerializeToNode(actual)!.AsObject();
        foreach ((string member, JsonNode? value) in wanted)
        {
            if (value is not null || member == nameof(VectorOutcome.Refused))
            {
                Assert.Equal($"{member}: {value?.ToJsonString()}", $"{member}: {found[member]?.ToJsonString()}");
            }
        }
    }
}
