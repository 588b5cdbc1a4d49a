using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>Commands over one home with one recording. What they change, they change back.</summary>
public sealed class DeskTests(DeskFixture desk) : IClassFixture<DeskFixture>
{
    [Theory]
    [InlineData("ls")]
    [InlineData("info", "latest")]
    [InlineData("info", "identity.txt")]
    [InlineData("info", "trust.txt")]
    [InlineData("verify", "latest")]
    [InlineData("audit", "--decrypt-sample", "1")]
    [InlineData("rotate")]
    [InlineData("expire", "--before", "2100-01-01", "--dry-run")]
    [InlineData("erase", "--again")]
    [InlineData("archive", "key")]
    [InlineData("doctor")]
    public async Task Run_WithJson_PrintsOneObjectAndNothingElse(params string[] arguments)
    {
        Ran ran = await desk.WellAsync([.. arguments, "--json"]);

        using JsonDocument json = JsonDocument.Parse(ran.Output);
        Assert.Equal(JsonValueKind.Object, json.RootElement.ValueKind);
        Assert.Equal("", ran.Error);
    }

    // An id that is broken into lines cannot be copied. 'script' gives the program a terminal.
    [SkippableFact]
    public async Task Ls_OnANarrowTerminal_KeepsIdsInOnePiece()
    {
        Engines.Require(Engines.Find("script") is not null, "Debian's bsdutils is needed for a terminal.");

        Ran ran = await Zkcalls.StartAsync(desk.Folder, "bash", ["-c", $"script -qec \"stty cols 60; dotnet '{Zkcalls.Dll}' ls\" /dev/null"], null);

        Assert.Matches("\\b[0-9a-f]{32} ", ran.Output);
    }

    [Fact]
    public async Task Run_OfAFailureWithJson_PrintsIt()
    {
        Ran ran = await Zkcalls.RunAsync(desk.Folder, "info", "ffffffff", "--json");

        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        using JsonDocument json = JsonDocument.Parse(ran.Output);
        Assert.Equal(ExitCode.Usage, json.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Contains("has no recording", json.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_OfASecretKey_ShowsNoneOfIt()
    {
        string secret = (await File.ReadAllLinesAsync(desk.File("identity.txt")))[1];

        Ran ran = await desk.WellAsync("info", "identity.txt");

        Assert.Contains("NOT locked", ran.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(secret[20..40], ran.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_ToStandardOutput_IsTheFilesAudioAndNothingElse()
    {
        await desk.WellAsync("export", "latest", "-o", "whole.wav");
        await desk.WellAsync("export", "latest", "-o", "whole.jsonl");
        byte[] whole = await File.ReadAllBytesAsync(desk.File("whole.wav"));

        Ran ran = await Zkcalls.StartAsync(desk.Folder, "bash", ["-c", $"dotnet '{Zkcalls.Dll}' export latest -o - > piped.wav"], null);

        Assert.True(ran is { ExitCode: 0, Output: "" }, ran.ToString());
        Assert.Equal(whole[44..], (await File.ReadAllBytesAsync(desk.File("piped.wav")))[44..]);
        Assert.Equal(120, (await File.ReadAllLinesAsync(desk.File("whole.jsonl"))).Count(line => line.Contains("\"audio\"", StringComparison.Ordinal)));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(desk.File("whole.wav")));
        }
    }

    [Fact]
    public async Task Export_OverAFile_ReplacesNothing()
    {
        await File.WriteAllTextAsync(desk.File("mine.wav"), "mine");

        Ran ran = await Zkcalls.RunAsync(desk.Folder, "export", "latest", "-o", "mine.wav");

        Assert.Equal(ExitCode.Usage, ran.ExitCode);
        Assert.Equal("mine", await File.ReadAllTextAsync(desk.File("mine.wav")));
    }

    // A changed byte does not authenticate (3); a file that ends too early is a finding (1).
    [Fact]
    public async Task Verify_OfADamagedFile_SaysWhich()
    {
        await desk.WellAsync("export", "latest", "-o", "good.zkc");
        byte[] good = await File.ReadAllBytesAsync(desk.File("good.zkc"));
        byte[] bad = [.. good];
        bad[6_000] ^= 1;
        await File.WriteAllBytesAsync(desk.File("bad.zkc"), bad);
        await File.WriteAllBytesAsync(desk.File("short.zkc"), good[..^20_000]);

        Ran flipped = await Zkcalls.RunAsync(desk.Folder, "verify", "bad.zkc"), cut = await Zkcalls.RunAsync(desk.Folder, "verify", "short.zkc");

        Assert.True(flipped.ExitCode == ExitCode.NotAuthentic && flipped.Output.Contains("Corrupt", StringComparison.Ordinal), flipped.ToString());
        Assert.True(cut.ExitCode == ExitCode.Finding && cut.Output.Contains("Truncated", StringComparison.Ordinal), cut.ToString());
    }

    [Fact]
    public async Task Export_WithALockedIdentity_NeedsItsPassphrase()
    {
        using (Identity identity = Identity.Load(desk.File("identity.txt")))
        {
            identity.Save(desk.File("locked.txt"), "right");
        }

        foreach ((string name, string text) in new[] { ("right", "right\n"), ("wrong", "wrong") })
        {
            await File.WriteAllTextAsync(desk.File(name), text);
            TemporaryDirectory.AllowAlso(desk.File(name), UnixFileMode.None);
        }

        string[] export = ["export", "latest", "--identity", "locked.txt", "-o"];
        Ran right = await Zkcalls.RunAsync(desk.Folder, [.. export, "locked.wav", "--passphrase-file", "right"]);
        Ran wrong = await Zkcalls.RunAsync(desk.Folder, [.. export, "other.wav", "--passphrase-file", "wrong"]);
        Ran none = await Zkcalls.RunAsync(desk.Folder, [.. export, "other.wav"]);

        Assert.True(right.ExitCode == 0, right.ToString());
        Assert.True(wrong.ExitCode == ExitCode.NotAuthentic, wrong.ToString());
        Assert.True(none.ExitCode == ExitCode.Usage && none.Error.Contains("--passphrase-file", StringComparison.Ordinal), none.ToString());
        Assert.False(File.Exists(desk.File("other.wav")));
    }

    [Fact]
    public async Task Erase_OfWhatIsHeldOrNotConfirmed_ChangesNothing()
    {
        Ran unasked = await Zkcalls.RunAsync(desk.Folder, "erase", "latest");
        await desk.WellAsync("hold", "latest", "--reason", "case 1");
        Ran held = await Zkcalls.RunAsync(desk.Folder, "erase", "latest", "--yes");
        Ran list = await desk.WellAsync("ls");
        Ran expired = await desk.WellAsync("expire", "--before", "2100-01-01", "--yes", "--json");
        await desk.WellAsync("hold", "latest", "--release");

        Assert.True(unasked.ExitCode == ExitCode.Usage && unasked.Error.Contains("give --yes", StringComparison.Ordinal), unasked.ToString());
        Assert.True(held.ExitCode == ExitCode.Usage && held.Error.Contains("case 1", StringComparison.Ordinal), held.ToString());
        Assert.Contains("legal hold", list.Output, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(expired.Output);
        Assert.Equal((0, 1), (json.RootElement.GetProperty("expired").GetArrayLength(), json.RootElement.GetProperty("held").GetArrayLength()));
        await desk.WellAsync("export", "latest", "-o", "kept.wav");
    }

    [Fact]
    public async Task Export_OfWhatIsErasedInPart_WritesTheRestAndSaysSo()
    {
        string home = desk.CopyForGateway("erased");
        File.Copy(desk.File("identity.txt"), Path.Combine(home, "identity.txt"));
        File.Copy(desk.File("owner.key"), Path.Combine(home, "owner.key"));
        await File.WriteAllBytesAsync(Path.Combine(home, "long.wav"), DeskFixture.Tone(4.5));
        await desk.WellAsync("record", Path.Combine(home, "long.wav"), "--home", home);
        await desk.WellAsync("erase", "latest", "--from", "0", "--to", "0.2", "--yes", "--home", home);

        Ran whole = await Zkcalls.RunAsync(desk.Folder, "export", "latest", "-o", Path.Combine(home, "whole.wav"), "--home", home, "--json");
        Ran part = await Zkcalls.RunAsync(desk.Folder, "export", "latest", "--from", "3", "-o", Path.Combine(home, "part.wav"), "--home", home, "--json");

        using JsonDocument json = JsonDocument.Parse(whole.Output);
        Assert.True(whole.ExitCode == ExitCode.Finding && json.RootElement.GetProperty("frames").GetInt64() > 0, whole.ToString());
        Assert.Equal("Erased", json.RootElement.GetProperty("missing")[0].GetProperty("why").GetString());
        Assert.True(part.ExitCode == ExitCode.Ok, part.ToString());
    }

    [Fact]
    public async Task Rotate_BeforeRetiring_NamesWhatWouldBeLost()
    {
        using Identity identity = Identity.Load(desk.File("identity.txt"));
        await File.WriteAllTextAsync(desk.File("only.txt"), identity.Recipient.ToString());
        string list = await File.ReadAllTextAsync(desk.File("recipients.txt"));
        using Identity stranger = Identity.Generate(), other = Identity.Generate();
        Ran safe = await Zkcalls.RunAsync(desk.Folder, "rotate", "--before-retiring", "only.txt");
        Ran lost;
        try
        {
            await File.WriteAllTextAsync(desk.File("recipients.txt"), $"{stranger.Recipient}\n{other.Recipient}\n");
            lost = await Zkcalls.RunAsync(desk.Folder, "rotate", "--before-retiring", "only.txt");
        }
        finally
        {
            await File.WriteAllTextAsync(desk.File("recipients.txt"), list);
        }

        Assert.True(safe.ExitCode == 0, safe.ToString());
        Assert.True(lost.ExitCode == ExitCode.Finding && lost.Error.Contains("'zkcalls rotate' first", StringComparison.Ordinal), lost.ToString());
    }

    // One file for a court: it needs neither archive nor register, and says what it is.
    [Fact]
    public async Task Grant_WithChunks_OpensWithoutTheArchive()
    {
        string court = desk.File("court");
        Directory.CreateDirectory(court);
        File.Copy(desk.File("trust.txt"), Path.Combine(court, "trust.txt"));
        using Identity judge = Identity.Generate();
        judge.Save(Path.Combine(court, "identity.txt"));
        string file = Path.Combine(court, "case.zkrange");

        Ran grant = await desk.WellAsync(
            "grant", "latest", "--for", judge.Recipient.ToString(), "--purpose", "case 4711", "--not-after", "2100-01-01", "--with-metadata", "--with-chunks", "-o", file, "--json");
        Ran read = await Zkcalls.RunAsync(court, "export", "case.zkrange", "-o", "case.wav", "--json");
        Ran verified = await Zkcalls.RunAsync(court, "verify", "case.zkrange");
        Ran info = await Zkcalls.RunAsync(court, "info", "case.zkrange");

        using JsonDocument granted = JsonDocument.Parse(grant.Output), found = JsonDocument.Parse(read.Output);
        Assert.Equal("case 4711", granted.RootElement.GetProperty("purpose").GetString());
        Assert.True(read.ExitCode == 0 && found.RootElement.GetProperty("state").GetString() == "Range", read.ToString());
        Assert.Equal(120, found.RootElement.GetProperty("frames").GetInt64());
        Assert.True(verified.ExitCode == 0 && verified.Output.Contains("of a recording of", StringComparison.Ordinal), verified.ToString());
        Assert.True(info.ExitCode == 0 && info.Output.Contains("grant with its chunks", StringComparison.Ordinal), info.ToString());
    }

    [Theory]
    [InlineData("--live is for what does not exist yet", "--live", "30s", "--with-chunks")]
    [InlineData("must be greater than", "--live", "0s")]
    [InlineData("No whole chunk", "--from", "1s", "--to", "1.1s")]
    [InlineData("names 2 recipients", "--for", "recipients.txt")]
    [InlineData("'trust.txt' exists", "-o", "trust.txt")]
    public async Task Grant_OfBadInput_SaysWhatToDo(string sentence, params string[] options)
    {
        string[] defaults = options.Contains("-o") ? [] : ["-o", "never.zkgrant"];
        string[] who = options.Contains("--for") ? [] : ["--for", "identity.txt"];

        Ran ran = await Zkcalls.RunAsync(desk.Folder, ["grant", "latest", .. who, .. defaults, .. options]);

        Assert.True(ran.ExitCode == ExitCode.Usage && ran.Error.Contains(sentence, StringComparison.Ordinal), ran.ToString());
        Assert.False(File.Exists(desk.File("never.zkgrant")));
    }

    // A stream whose header does not know its end, as from another program.
    [Fact]
    public async Task Record_FromStandardInput_RecordsToItsEnd()
    {
        byte[] stream = DeskFixture.Tone(0.5);
        stream.AsSpan(40, 4).Fill(0xff);
        string home = desk.CopyForGateway("other");

        Ran ran = await Zkcalls.RunWithInputAsync(desk.Folder, stream, "record", "-", "--call-id", "desk 17", "--home", home, "--json");

        Assert.True(ran.ExitCode == 0, ran.ToString());
        using JsonDocument json = JsonDocument.Parse(ran.Output);
        Assert.Equal((0.5, 2), (json.RootElement.GetProperty("seconds").GetDouble(), json.RootElement.GetProperty("legs").GetInt32()));
    }

    // Ctrl+C, or a service manager, ends a live recording: what was said until then is sealed and stored.
    [SkippableFact]
    public async Task Record_Terminated_SealsWhatWasRecorded()
    {
        Skip.If(OperatingSystem.IsWindows(), "There are no signals.");
        string home = desk.CopyForGateway("ended");
        await File.WriteAllBytesAsync(desk.File("long.wav"), DeskFixture.Tone(120));
        using Process recorder = Process.Start(new ProcessStartInfo("dotnet", [Zkcalls.Dll, "record", "long.wav", "--home", home, "--json"])
        {
            WorkingDirectory = desk.Folder, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        using CancellationTokenSource patience = new(TimeSpan.FromSeconds(60));
        Task<string> error = recorder.StandardError.ReadToEndAsync(patience.Token);
        string register = Path.Combine(home, "register.db");
        while (!await HasRowAsync(register))
        {
            Assert.False(recorder.HasExited, recorder.HasExited ? await error : "");
            await Task.Delay(100, patience.Token);
        }

        await Zkcalls.StartAsync(desk.Folder, "bash", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -TERM {recorder.Id}")], null);
        string output = await recorder.StandardOutput.ReadToEndAsync(patience.Token);
        await recorder.WaitForExitAsync(patience.Token);

        Assert.True(recorder.ExitCode == 0, output);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.InRange(json.RootElement.GetProperty("seconds").GetDouble(), 0, 119);
        Ran list = await desk.WellAsync("ls", "--home", home, "--trust", "trust.txt");
        Assert.Contains("sealed, completed", list.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_OfAKeyThatOthersCanRead_FindsIt()
    {
        string home = desk.File("sick");
        Directory.CreateDirectory(home);
        string key = Path.Combine(home, "identity.txt");
        File.Copy(desk.File("identity.txt"), key);
        TemporaryDirectory.AllowAlso(key, UnixFileMode.OtherRead);

        Ran ran = await Zkcalls.RunAsync(desk.Folder, "doctor", "--home", home, "--archive", "http://127.0.0.1:1", "--trust", "trust.txt");

        Assert.True(ran.ExitCode == ExitCode.Finding, ran.ToString());
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"chmod 600 {key}"), ran.Output, StringComparison.Ordinal);
        Assert.Contains("FAULT        archive", ran.Output, StringComparison.Ordinal);
    }

    private static async Task<bool> HasRowAsync(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            await using SqliteRegister register = SqliteRegister.Open(path);
            return await register.ListAsync().AnyAsync();
        }
        catch (RegisterException)
        {
            // It is being made.
            return false;
        }
    }
}
