using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using ZeroKnowledge.Calls.Sqlite;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests.Native;

/// <summary>
/// The C library under the C sample, built with gcc and make, run where there is no .NET, as root even in a root of its own: every frame of every call is read back from the archive
/// and compared. <c>ZKCALLS_NATIVE</c> names the folder into which src/ZeroKnowledge.Calls.Native was published.
/// </summary>
public sealed class MediaServerTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private const string Chroot = "/usr/sbin/chroot";
    private const string Ssl = "/usr/lib/x86_64-linux-gnu/libssl.so.3";
    private const int Payload = 160;
    private const int Frames = 100;
    private const int Masked = 10;

    // Without it the runtime reserves more addresses than valgrind follows.
    private const string HeapLimit = "0x20000000";

    // Valgrind takes 10 s of a fast processor.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string? Library = Environment.GetEnvironmentVariable("ZKCALLS_NATIVE");

    [SkippableFact]
    public async Task MediaServer_ThousandCallsFromFourThreads_EveryFrameIsReadBack()
    {
        // A thousand calls begin in one moment: there is room for what waits for their keys.
        string folder = await BuildAsync("thousand", "00:00:02");
        string[] under = await MakeRootAsync(folder);
        (int exit, string output, string errors) = await RunAsync(folder, under, ["config.json", "1000", "4", $"{Frames}"]);
        Assert.True(exit == 0, output + errors);
        await CompareAsync(folder, output, 1_000, Frames);
    }

    [SkippableFact]
    public async Task MediaServer_UnderValgrind_TheCSideIsClean()
    {
        string? valgrind = Engines.Find("valgrind");
        Engines.Require(valgrind is not null, "valgrind looks at memory: install valgrind.");
        string folder = await BuildAsync("valgrind", "00:00:05");
        // So slow that the keys come late: in one long tick there is room for everything that waits for them.
        string suppressions = Path.Combine(Repository.Root, "samples", "MediaServer.C", "valgrind.supp");
        string log = Path.Combine(folder, "valgrind.log");
        (int exit, string output, string errors) = await RunAsync(
            folder,
            [valgrind!, "--fair-sched=yes", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", $"--suppressions={suppressions}", $"--log-file={log}"],
            ["config.json", "20", "4", "40"]);
        Assert.True(exit == 0, output + errors + await File.ReadAllTextAsync(log));
        Assert.Contains("ERROR SUMMARY: 0 errors", await File.ReadAllTextAsync(log), StringComparison.Ordinal);
        await CompareAsync(folder, output, 20, 40);
    }

    [SkippableFact]
    public async Task Library_Misused_AnswersEachMistake()
    {
        string folder = await BuildAsync("misuse", "00:00:01");
        string source = Path.Combine(Repository.Root, "tests", "ZeroKnowledge.Calls.Grpc.Tests", "Native", "misuse.c");
        (int exit, string output, string errors) = await RunAsync(
            folder, ["/usr/bin/gcc", "-std=c11", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-I.", source, "-o", "mediaserver", "-L.", "-lzkcalls", "-Wl,-rpath,$ORIGIN"], []);
        Assert.True(exit == 0, output + errors);
        (exit, output, errors) = await RunAsync(folder, [], ["config.json"]);
        Assert.True(exit == 0, output + errors);
        Assert.EndsWith("checks\n", output, StringComparison.Ordinal);
    }

    private async Task<string> BuildAsync(string name, string tick)
    {
        Engines.Require(Library is not null, "dotnet publish src/ZeroKnowledge.Calls.Native, and name the folder in ZKCALLS_NATIVE.");
        Engines.Require(Engines.Find("gcc") is not null && Engines.Find("make") is not null && Engines.Find("pkg-config") is not null, "The sample is built with gcc, make and pkg-config.");
        string folder = Directory.CreateDirectory(Path.Combine(fixture.Folder, name)).FullName;
        foreach (string file in new[] { "Makefile", "mediaserver.c" })
        {
            File.Copy(Path.Combine(Repository.Root, "samples", "MediaServer.C", file), Path.Combine(folder, file));
        }

        // A folder as a machine without .NET would have it.
        foreach (string file in new[] { "libzkcalls.so", "libsodium.so", "libe_sqlite3.so", "zkcalls.h", "zkcalls.pc" })
        {
            File.Copy(Path.Combine(Library!, file), Path.Combine(folder, file));
        }

        (int exit, string output, string errors) = await RunAsync(folder, ["/usr/bin/make", $"ZKCALLS={folder}"], []);
        Assert.True(exit == 0, output + errors);
        fixture.Gateway.Save(Path.Combine(folder, "gateway.key"));
        await File.WriteAllTextAsync(Path.Combine(folder, "recipients.txt"), $"{fixture.Active.Recipient}\n{fixture.Recovery.Recipient}\n");
        fixture.Trust.Save(Path.Combine(folder, "trust.txt"));
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), JsonSerializer.Serialize(new
        {
            CallRecorder = new
            {
                Archives = new[] { fixture.Address },
                Spool = "spool",
                Register = "register.db",
                GatewayKey = "gateway.key",
                Recipients = "recipients.txt",
                Trust = "trust.txt",
                Tick = tick,
            },
        }));
        return folder;
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(string folder, string[] under, string[] args)
    {
        string program = under is [Chroot, ..] ? "/mediaserver" : Path.Combine(folder, "mediaserver");
        string[] command = [.. under, .. args.Length == 0 ? [] : new[] { program }, .. args];
        ProcessStartInfo info = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        info.Environment.Clear();
        // Programs that build have to be found; the sample itself must find no dotnet.
        info.Environment["PATH"] = args.Length == 0 ? "/usr/bin:/bin" : "/nowhere";
        info.Environment["DOTNET_GCHeapHardLimit"] = HeapLimit;
        using Process process = Process.Start(info)!;
        using CancellationTokenSource patience = new(Patience);
        try
        {
            Task<string> errors = process.StandardError.ReadToEndAsync(patience.Token);
            string output = await process.StandardOutput.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            return (process.ExitCode, output, await errors);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Makes a machine of the folder: beside the library the C library and OpenSSL, a source of random bytes, and nothing else.</summary>
    /// <returns>How to run there; nothing for who may not make a root.</returns>
    private static async Task<string[]> MakeRootAsync(string folder)
    {
        string device = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "dev")).FullName, "urandom");
        if (!Environment.IsPrivilegedProcess || (await RunAsync(folder, ["/usr/bin/mknod", "-m", "666", device, "c", "1", "9"], [])).Exit != 0)
        {
            return [];
        }

        string[] libraries = [.. new[] { "mediaserver", "libzkcalls.so", "libsodium.so", "libe_sqlite3.so" }.Select(file => Path.Combine(folder, file)), Ssl];
        (_, string output, _) = await RunAsync(folder, ["/usr/bin/ldd", .. libraries], []);
        IEnumerable<string> needed = output.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Where(word => word.StartsWith('/') && !word.EndsWith(':') && !word.StartsWith(folder, StringComparison.Ordinal));
        foreach (string file in needed.Append(Ssl).Distinct())
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder + file)!);
            File.Copy(file, folder + file);
        }

        // The program looks for its libraries in the folder by its old name.
        Directory.CreateDirectory(folder + Path.GetDirectoryName(folder));
        Directory.CreateSymbolicLink(folder + folder, "/");
        return [Chroot, folder];
    }

    private async Task CompareAsync(string folder, string output, int calls, int frames)
    {
        await using SqliteRegister register = SqliteRegister.Open(Path.Combine(folder, "register.db"));
        ReaderOptions options = new() { Trust = fixture.Trust, Identity = fixture.Recovery, Register = register };
        ArchiveClient archive = new(fixture.Channel);
        string[] lines = output.Split('\n');
        int compared = 0;
        foreach (string[] words in lines.Where(line => line.StartsWith("call ", StringComparison.Ordinal)).Select(line => line.Split(' ')))
        {
            int number = int.Parse(words[1], CultureInfo.InvariantCulture);
            await using Recording recording = await archive.OpenAsync(RecordingId.Parse(words[2]), options);
            Assert.Equal($"media {number}", recording.Metadata!.CallId);
            Assert.Equal("+49 30 123456", recording.Metadata.Parties.Single().Address);
            Assert.Equal("sales", recording.Metadata.Tags["queue"]);
            Assert.Equal(EndReason.Completed, recording.Summary!.Reason);
            compared += await CompareAsync(recording, number, frames);
        }

        int masked = (calls + 9) / 10 * Masked;
        Assert.Equal((2 * calls * frames) - masked, compared);
        Assert.Contains($"done {calls} calls, 4 threads, {2 * calls * frames} frames, {masked} masked, 0 not recorded, 0 messages", lines);
    }

    private static async Task<int> CompareAsync(Recording recording, int call, int frames)
    {
        List<int>[] read = [[], []];
        bool masked = false;
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            masked |= frame.GapReason == GapReason.Masked;
            if (frame.Kind == FrameKind.Audio)
            {
                Assert.True(frame.Payload.Span.SequenceEqual(Said(call, frame.Leg, frame.Sequence)), $"call {call}, leg {frame.Leg}, frame {frame.Sequence} differs");
                Assert.Equal(((uint)frame.Sequence * Payload, frame.Leg == 0 ? 0x5a4b0000u + (uint)call : 0u), (frame.Timestamp, frame.Ssrc));
                read[frame.Leg].Add(frame.Sequence);
            }
        }

        IEnumerable<int> all = Enumerable.Range(0, frames);
        Assert.Equal(call % 10 == 0, masked);
        Assert.Equal(all.Where(frame => call % 10 != 0 || frame < frames / 2 || frame >= (frames / 2) + Masked), read[0]);
        Assert.Equal(all, read[1]);
        return read[0].Count + read[1].Count;
    }

    // As say() in mediaserver.c.
    private static byte[] Said(int call, int leg, int frame)
    {
        ulong state = (ulong)call << 32 | (ulong)leg << 24 | (uint)frame;
        byte[] payload = new byte[Payload];
        for (int i = 0; i < payload.Length; i++)
        {
            state = unchecked(state + 0x9e3779b97f4a7c15);
            ulong mixed = unchecked((state ^ state >> 30) * 0xbf58476d1ce4e5b9);
            mixed = unchecked((mixed ^ mixed >> 27) * 0x94d049bb133111eb);
            payload[i] = (byte)((mixed ^ mixed >> 31) & 0xff);
        }

        return payload;
    }
}
