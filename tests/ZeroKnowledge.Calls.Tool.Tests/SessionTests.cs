using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ZeroKnowledge.Calls.Tool.Tests;

/// <summary>The session of the README, line by line as it stands there, with a real archive in a process of its own and real speech; and what else each step promises.</summary>
public sealed partial class SessionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly int _port = FreePort();
    private Process? _archive;

    public void Dispose()
    {
        if (_archive is { HasExited: false })
        {
            _archive.Kill(entireProcessTree: true);
            _archive.WaitForExit();
        }

        _archive?.Dispose();
        _directory.Dispose();
    }

    [SkippableFact]
    public async Task Session_OfTheReadme_DoesWhatItSays()
    {
        Engines.Require(Engines.Find("espeak-ng") is not null && Engines.Find("sox") is not null, "espeak-ng and sox are needed for speech.");
        await SpeakAsync();
        Directory.CreateDirectory(_directory.File("bin"));
        File.WriteAllText(_directory.File("bin/zkcalls"), $"#!/bin/sh\nexec dotnet '{Zkcalls.Dll}' \"$@\"\n");
        await BashAsync("chmod 700 bin/zkcalls", 0);

        Step[] steps = [.. Steps()];
        Assert.Equal(21, steps.Length);
        foreach (Step step in steps)
        {
            await RunAsync(step);
            await CheckAsync(step);
        }
    }

    private async Task RunAsync(Step step)
    {
        if (step.IsBackground)
        {
            await StartArchiveAsync(step.Command);
            return;
        }

        Ran ran = await BashAsync(step.Command);
        Assert.True(ran.ExitCode == step.ExitCode, $"{step.Command}\n{ran}");
    }

    // What a step promises beyond its exit code.
    private Task CheckAsync(Step step) => step.Command switch
    {
        _ when step.Command.Contains("record", StringComparison.Ordinal) => RecordedAsync(),
        _ when step.Command.EndsWith("-o whole.wav", StringComparison.Ordinal) => HeardAsync(),
        _ when step.Command.EndsWith("-o part.wav", StringComparison.Ordinal) => GrantedAsync(),
        _ when step.Command.Contains("erase", StringComparison.Ordinal) => ErasedAsync(),
        _ when step.Command.EndsWith("-o part-again.wav", StringComparison.Ordinal) => StillGrantedAsync(),
        _ when step.Command.Contains("combine", StringComparison.Ordinal) => RecoveredAsync(),
        _ => Task.CompletedTask,
    };

    private async Task RecordedAsync()
    {
        using JsonDocument list = await JsonAsync("zkcalls ls --json", 0);
        JsonElement recording = list.RootElement.GetProperty("recordings").EnumerateArray().Single();
        Assert.Equal("sealed, completed", recording.GetProperty("state").GetString());
        Assert.Equal(3, recording.GetProperty("recipients").GetInt32());
        Assert.Equal(1, recording.GetProperty("receipts").GetInt32());
    }

    private Task HeardAsync()
    {
        short[] spoken = Samples("call.wav"), heard = Samples("whole.wav");
        int delay = FindIn(heard, spoken[16_000..24_000]) - 16_000;
        Assert.InRange(delay, 0, 8_000);
        Assert.Equal(spoken, heard[delay..(delay + spoken.Length)]);
        return Task.CompletedTask;
    }

    // Exactly the granted chunks: ten seconds less what rounding inward takes, the same samples, and not one more with either key.
    private async Task GrantedAsync()
    {
        using JsonDocument info = await JsonAsync("zkcalls info part.zkgrant --json", 0);
        Assert.Contains("case 4711", info.RootElement.GetProperty("purpose").GetString(), StringComparison.Ordinal);
        short[] part = Samples("part.wav"), whole = Samples("whole.wav");
        Assert.InRange(part.Length, 8 * 8_000, 10 * 8_000);
        int at = FindIn(whole, part[8_000..16_000]) - 8_000;
        Assert.InRange(at, 2 * 8_000, 4 * 8_000);
        Assert.Equal(whole[at..(at + part.Length)], part);
        await BashAsync("zkcalls export part.zkgrant --identity recovery.txt -o other.wav", 3);
        await BashAsync("zkcalls export latest --identity auditor.txt -o other.wav", 3);
        await BashAsync("zkcalls export part.zkgrant --identity auditor.txt --from 13s --to 14s -o other.wav", 1);
    }

    private async Task ErasedAsync()
    {
        foreach (string identity in new[] { "identity.txt", "recovery.txt" })
        {
            await BashAsync($"zkcalls export latest --from 15s --to 20s --identity {identity} -o gone-{identity}.wav", 1);
            Assert.True(Samples($"gone-{identity}.wav").All(sample => sample == 0));
        }

        using JsonDocument rest = await JsonAsync("zkcalls export latest --json -o rest.jsonl", 1);
        JsonElement missing = rest.RootElement.GetProperty("missing").EnumerateArray().Single();
        Assert.Equal("Erased", missing.GetProperty("why").GetString());
        Assert.InRange(missing.GetProperty("first").GetInt32(), 13, 15);
        await BashAsync("zkcalls verify latest", 0);
    }

    private Task StillGrantedAsync()
    {
        Assert.Equal(Samples("part.wav"), Samples("part-again.wav"));
        return Task.CompletedTask;
    }

    private async Task RecoveredAsync()
    {
        await BashAsync("zkcalls export latest --identity identity-3.txt --to 10s -o recovered.wav", 0);
        await BashAsync("zkcalls export latest --identity identity-2.txt -o other.wav", 3);
        await BashAsync("zkcalls export latest --from 16s --to 19s --identity identity-3.txt -o still-gone.wav", 1);
    }

    private async Task SpeakAsync()
    {
        const string text = "Good morning. I would like to order a new card. Its number is four two, four two, four two, four two. "
            + "The old one was lost on a train between Berlin and Munich, on the second of November, some time after nine in the evening. "
            + "Please send it to my home address, as you did last time, and tell me when it is on its way. Thank you very much, and good bye.";
        await BashAsync($"espeak-ng -v en -s 140 -w speech.wav '{text}' && sox speech.wav -r 8000 -b 16 -c 1 call.wav pad 0 30 trim 0 20.5", 0);
    }

    private async Task StartArchiveAsync(string command)
    {
        _archive = Process.Start(new ProcessStartInfo("bash", ["-c", $"PATH=\"$PWD/bin:$PATH\"; exec {command}"])
        {
            WorkingDirectory = _directory.Path, RedirectStandardOutput = true,
        })!;
        using CancellationTokenSource patience = new(Patience);
        while (await _archive.StandardOutput.ReadLineAsync(patience.Token) is { } line && !line.StartsWith("Now listening on:", StringComparison.Ordinal))
        {
        }
    }

    private async Task<Ran> BashAsync(string command, int? exitCode = null)
    {
        Ran ran = await Zkcalls.StartAsync(_directory.Path, "bash", ["-c", $"PATH=\"$PWD/bin:$PATH\"; {command}"], null);
        Assert.True(exitCode is null || ran.ExitCode == exitCode, $"{command}\n{ran}");
        return ran;
    }

    private async Task<JsonDocument> JsonAsync(string command, int exitCode) => JsonDocument.Parse((await BashAsync(command, exitCode)).Output);

    private IEnumerable<Step> Steps()
    {
        string readme = File.ReadAllText(Path.Combine(Root(), "README.md"));
        string block = SessionBlock().Match(readme).Groups[1].Value;
        foreach (string line in block.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = line.Split(" # ", 2);
            string command = parts[0].Trim().Replace("5301", _port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            Match code = ExitCodePattern().Match(parts.Length == 2 ? parts[1] : "");
            yield return new Step(command.TrimEnd('&', ' '), command.EndsWith('&'), code.Success ? int.Parse(code.Groups[1].Value, CultureInfo.InvariantCulture) : 0);
        }
    }

    private short[] Samples(string name)
    {
        byte[] file = File.ReadAllBytes(_directory.File(name));
        int head = 44;
        short[] samples = new short[(file.Length - head) / 2];
        Buffer.BlockCopy(file, head, samples, 0, samples.Length * 2);
        return samples;
    }

    private static int FindIn(short[] all, short[] part)
    {
        int at = all.AsSpan().IndexOf(part);
        Assert.True(at >= 0, "This audio is not in there.");
        return at;
    }

    internal static string Root()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ZeroKnowledge.Calls.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        }

        return folder;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex("## A session\n.*?```sh\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex SessionBlock();

    [GeneratedRegex("exit code ([0-9])")]
    private static partial Regex ExitCodePattern();

    private sealed record Step(string Command, bool IsBackground, int ExitCode);
}
