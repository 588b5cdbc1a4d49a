using System.Diagnostics;
using System.Text;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>
/// "Acknowledged means survived", seen from outside: the system calls of the archive's process. A kill cannot show it, since the kernel keeps what a killed process wrote.
/// </summary>
public sealed class SyncTests
{
    private const int Chunks = 5;

    [SkippableFact]
    public async Task Upload_Chunk_IsSyncedBeforeItIsAcknowledged()
    {
        Assert.Equal([], await FindUnsyncedAsync());
    }

    [SkippableFact]
    public async Task Upload_ChunkWithSyncOff_IsCaughtByThisTest()
    {
        Assert.Equal(Enumerable.Range(0, Chunks), await FindUnsyncedAsync("--sync", "off"));
    }

    /// <summary>Uploads some chunks one by one, and gives those that were acknowledged without a sync after their write.</summary>
    private static async Task<List<int>> FindUnsyncedAsync(params string[] extra)
    {
        SkipWithoutStrace();
        await using var child = new ChildArchive();
        await child.StartAsync(extra);
        var recording = new TestRecording(child.Gateway, Chunks);
        string output = Path.Combine(child.Folder, "trace.txt");
        using (var upload = new UploadSession(child.Client))
        {
            await upload.SendAsync(recording.BeginRecord());
            using Process strace = await AttachAsync(child.ProcessId, output);
            for (int i = 0; i < Chunks; i++)
            {
                Assert.Equal(Status.Durable, (await upload.SendAsync(recording.ChunkRecord(i))).Status);
            }

            await child.KillAsync();
            await strace.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        }

        string[] lines = await File.ReadAllLinesAsync(output);
        return [.. Enumerable.Range(0, Chunks).Where(i => !IsSyncedBeforeAnswer(lines, recording.Chunks[i], recording.Id))];
    }

    private static bool IsSyncedBeforeAnswer(string[] lines, byte[] chunk, CoreId id)
    {
        // The log's write carries the whole chunk, the answer the core id; all strings are shown in hexadecimal.
        int write = Array.FindIndex(lines, line => IsCall(line, "write", "pwrite64", "writev") && line.Contains(Hex(chunk), StringComparison.Ordinal));
        Assert.True(write >= 0, "The write of the chunk to the engine's log was not seen.");
        string log = Descriptor(lines[write]);
        int answer = Array.FindIndex(lines, write, line =>
            IsCall(line, "sendmsg", "sendto", "write", "writev") && Descriptor(line) != log && line.Contains(Hex(id.ToArray()), StringComparison.Ordinal));
        Assert.True(answer > write, "The answer was not seen.");
        return IsSynced(lines[(write + 1)..answer], log);
    }

    private static bool IsSynced(string[] lines, string log)
    {
        int sync = Array.FindIndex(lines, line => IsCall(line, "fdatasync", "fsync") && Descriptor(line) == log);
        if (sync < 0)
        {
            return false;
        }

        // While it ran, another thread made a call: it is complete where it is resumed.
        string thread = lines[sync].Split(' ')[0];
        return lines[sync].Contains("<unfinished", StringComparison.Ordinal)
            ? lines[sync..].Any(line => line.StartsWith(thread + " ", StringComparison.Ordinal)
                && line.Contains("sync resumed>", StringComparison.Ordinal) && line.EndsWith("= 0", StringComparison.Ordinal))
            : lines[sync].EndsWith("= 0", StringComparison.Ordinal);
    }

    private static string Descriptor(string line) => line[(line.IndexOf('(', StringComparison.Ordinal) + 1)..].Split([',', ')', ' '], 2)[0];

    private static bool IsCall(string line, params string[] names) =>
        names.Any(name => line.Contains($" {name}(", StringComparison.Ordinal));

    private static string Hex(byte[] bytes)
    {
        var text = new StringBuilder(4 * bytes.Length);
        foreach (byte b in bytes)
        {
            text.Append("\\x").Append(Convert.ToHexStringLower([b]));
        }

        return text.ToString();
    }

    private static async Task<Process> AttachAsync(int processId, string output)
    {
        Process strace = Process.Start(new ProcessStartInfo(
            "strace",
            ["-f", "-xx", "-s", "4096", "-e", "trace=fdatasync,fsync,write,pwrite64,writev,sendmsg,sendto", "-o", output, "-p", $"{processId}"])
        {
            RedirectStandardError = true,
        })!;

        // It says so when it has attached to all threads.
        string? line = await strace.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (line?.Contains("attached", StringComparison.Ordinal) != true)
        {
            Missing($"strace could not attach: {line}");
        }

        return strace;
    }

    private static void SkipWithoutStrace()
    {
        string? path = Environment.GetEnvironmentVariable("PATH");
        if (path?.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "strace"))) != true)
        {
            Missing("strace is not installed: apt-get install strace");
        }
    }

    // Where the engines are required, a test that did not run is a failure.
    private static void Missing(string reason)
    {
        Assert.False(Environment.GetEnvironmentVariable("ZKCALLS_REQUIRE_ENGINES") == "1", reason);
        Skip.If(true, reason);
    }
}
