namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>Where passphrases come from. Each is derived for real, so they are few.</summary>
public sealed class PassphraseTests : IDisposable
{
    private const string Right = "seven dwarfs, one äpple";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Keygen_WithAPassphraseFile_LocksTheIdentity()
    {
        _directory.Write("pass", Right + "\nnot this line\n");

        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "me.txt", "--passphrase-file", "pass");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        using Identity identity = Identity.Load(_directory.File("me.txt"), Right);
        Assert.Equal($"{identity.Recipient}\n", ran.Output);
    }

    [Fact]
    public async Task Keygen_WithoutATerminal_SaysWhatToGive()
    {
        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "me.txt");

        Assert.True(ran is { ExitCode: ExitCode.Usage, Output: "" }, ran.ToString());
        Assert.Contains("--passphrase-file", ran.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_directory.File("me.txt")));
    }

    [Fact]
    public async Task Keygen_WithAPassphraseFileThatOthersCanRead_IsRefused()
    {
        TemporaryDirectory.AllowAlso(_directory.Write("pass", Right), UnixFileMode.OtherRead);

        Ran ran = await Zkcalls.RunAsync(_directory.Path, "keygen", "me.txt", "--passphrase-file", "pass");

        Assert.True(ran.ExitCode == ExitCode.Usage, ran.ToString());
        Assert.Contains("chmod 600 pass", ran.Error, StringComparison.Ordinal);
    }

    // As a shell hands over an open file: nothing is on the disk, and nothing in the arguments.
    [SkippableFact]
    public async Task Keygen_WithAPassphraseFromADescriptor_LocksTheIdentity()
    {
        Skip.If(OperatingSystem.IsWindows(), "There is no /dev/fd.");

        Ran ran = await Zkcalls.StartAsync(_directory.Path, "bash", ["-c", $"printf '%s' '{Right}' | dotnet '{Zkcalls.Dll}' keygen me.txt --passphrase-file /dev/fd/3 3<&0 </dev/null"], null);

        Assert.True(ran.ExitCode == 0, ran.ToString());
        using Identity identity = Identity.Load(_directory.File("me.txt"), Right);
    }

    // 'script' gives the program a terminal, and shows what appears on it.
    [SkippableFact]
    public async Task Keygen_OnATerminal_AsksTwiceWithoutEcho()
    {
        Engines.Require(Engines.Find("script") is not null, "Debian's bsdutils is needed for a terminal.");

        // A typing error, taken back.
        string type = $"sleep 2; printf '%sx\\177\\r' '{Right}'; sleep 1; printf '%s\\r' '{Right}'; sleep 1";
        Ran ran = await Zkcalls.StartAsync(_directory.Path, "bash", ["-c", $"({type}) | script -qec \"dotnet '{Zkcalls.Dll}' keygen me.txt\" /dev/null"], null);

        Assert.Contains("New passphrase", ran.Output, StringComparison.Ordinal);
        Assert.Contains("The same again", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("dwarfs", ran.Output, StringComparison.Ordinal);
        using Identity identity = Identity.Load(_directory.File("me.txt"), Right);
    }
}
