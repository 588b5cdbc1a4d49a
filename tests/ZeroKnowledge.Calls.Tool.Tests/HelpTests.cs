using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool.Tests;

public class HelpTests
{
    public static TheoryData<string> Verbs => [.. All().Select(verb => verb.Name)];

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Verb_Examples_AreCommandsThatParse(string name)
    {
        Verb verb = All().First(one => one.Name == name);
        Assert.NotEmpty(verb.Examples);
        Assert.All(verb.Examples, example =>
        {
            string command = example.Split('|').First(part => part.Contains("zkcalls", StringComparison.Ordinal)).Split(">>")[0];
            string[] words = [.. System.CommandLine.Parsing.CommandLineParser.SplitCommandLine(command).SkipWhile(word => word != "zkcalls").Skip(1)];
            ParseResult parsed = CommandLine.Root().Parse(words);
            Assert.Empty(parsed.Errors);
            Assert.Equal(name, parsed.CommandResult.Command.Name);
        });
    }

    [Fact]
    public void Verbs_HaveJsonAndADescription() => Assert.All(All(), verb =>
    {
        Assert.Contains(Verb.Json, verb.Options);
        Assert.EndsWith(".", verb.Description, StringComparison.Ordinal);
        Assert.All(verb.Options, option => Assert.NotNull(option.Description));
    });

    // A passphrase or a key in the arguments can be read by every user of the machine.
    [Fact]
    public void Options_TakeNoSecrets() => Assert.DoesNotContain(
        All().SelectMany(verb => verb.Options).Select(option => option.Name), option => option is "--passphrase" or "--password" or "--secret" or "--key");

    [Fact]
    public async Task Help_OfACommand_ShowsExamplesAndExitCodes()
    {
        using TemporaryDirectory directory = new();
        Ran ran = await Zkcalls.RunAsync(directory.Path, "export", "--help");

        Assert.True(ran is { ExitCode: 0, Error: "" }, ran.ToString());
        Assert.Contains("zkcalls export latest -o call.wav", ran.Output, StringComparison.Ordinal);
        Assert.Contains("3 authentication failure", ran.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("See 'zkcalls export --help'", "export")]
    [InlineData("See 'zkcalls archive serve --help'", "archive", "serve", "--port", "1")]
    [InlineData("register.db' is not there.", "ls")]
    [InlineData("is neither a file nor the id", "info", "no-such-thing")]
    [InlineData("is not a position", "export", "latest", "--from", "soon")]
    [InlineData("is none of wav", "export", "latest", "--format", "mp3")]
    [InlineData("is a whole recording", "export", "latest", "-o", "a.zkc", "--from", "1s")]
    [InlineData("both want standard output", "export", "latest", "-o", "-", "--json")]
    [InlineData("is not there", "record", "no.wav")]
    public async Task Run_OfBadInput_IsTwoAndOneSentence(string sentence, params string[] arguments)
    {
        using TemporaryDirectory directory = new();
        Ran ran = await Zkcalls.RunAsync(directory.Path, arguments);

        Assert.True(ran.ExitCode == ExitCode.Usage, ran.ToString());
        Assert.Contains(sentence, ran.Error, StringComparison.Ordinal);
        Assert.Equal(1, ran.Error.Count(c => c == '\n'));
        Assert.DoesNotContain("   at ", ran.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<Verb> All() => CommandLine.Root().Subcommands.SelectMany(Below);

    private static IEnumerable<Verb> Below(Command command) => command is Verb verb ? [verb] : command.Subcommands.SelectMany(Below);
}
