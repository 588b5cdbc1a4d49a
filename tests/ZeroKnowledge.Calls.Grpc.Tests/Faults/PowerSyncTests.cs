using Grpc.Net.Client;
using System.Text;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>
/// What the two durabilities promise, seen from outside: the system calls of a gateway's process. A kill cannot show it, since the kernel keeps what a killed process wrote.
/// </summary>
public sealed class PowerSyncTests
{
    private const int TickMs = 200;
    private const int Frames = 60;
    private const string Trace = "trace=openat,pwrite64,pwritev,write,writev,fsync,fdatasync,sendmsg,sendto";

    // A nonce, and some bytes more: no two chunks have them in common.
    private const int NeedleSize = 32;

    [SkippableFact]
    public async Task Power_EveryChunk_IsSyncedBetweenItsWriteAndItsSending()
    {
        (int chunks, List<int> unsynced) = await RecordAsync("power");
        Assert.True(chunks > 3);
        Assert.Equal([], unsynced);
    }

    [SkippableFact]
    public async Task Process_EveryChunk_IsSentWithoutASync_AsThisTestNotices()
    {
        (int chunks, List<int> unsynced) = await RecordAsync("process");
        Assert.True(chunks > 3);
        Assert.Equal(Enumerable.Range(0, chunks), unsynced);
    }

    /// <summary>Records a call, and gives the chunks that were sent without a sync of the spool's file after their write.</summary>
    private static async Task<(int Chunks, List<int> Unsynced)> RecordAsync(string durability)
    {
        Faulty.Require(File.Exists("/usr/bin/strace"), "strace is not installed: apt-get install strace");
        await using GatewayScene scene = new();
        await scene.StartAsync();
        string trace = Path.Combine(scene.Folder.Path, "trace");
        string path = scene.Folder.Ledger(1);
        using (FrameLedger ledger = FrameLedger.Create(path, 10, 1_000))
        {
            await using ChildProgram gateway = scene.StartGatewayUnder(
                ["/usr/bin/strace", "-f", "-xx", "-s", "100000", "-e", Trace, "-o", trace],
                path, "--calls", "1", "--tick", GatewayScene.Text(TickMs), "--seed", "1", "--shortest", "10000", "--longest", "10000", "--durability", durability);
            await gateway.ExpectAsync(GatewayProgram.Ready);
            long begun = Environment.TickCount64;
            while (ledger.Used == 0 || ledger[0].Written(0) < Frames)
            {
                Assert.True(Environment.TickCount64 - begun < 60_000, "The gateway does not write.");
                await Task.Delay(20);
            }

            await gateway.AskAsync("end", GatewayProgram.Ended);
            await gateway.AskAsync("drain", GatewayProgram.Drained);
            await gateway.AskAsync("stop", GatewayProgram.Stopped);
            await gateway.ExitAsync();
        }

        string[] lines = await File.ReadAllLinesAsync(trace);
        List<byte[]> chunks = await ChunksAsync(scene);
        return (chunks.Count, [.. Enumerable.Range(0, chunks.Count).Where(i => !IsSyncedBeforeSending(lines, chunks[i]))]);
    }

    private static async Task<List<byte[]>> ChunksAsync(GatewayScene scene)
    {
        using GrpcChannel channel = scene.Archives[0].Connect();
        List<byte[]> chunks = [];
        ArchiveClient archive = new(channel);
        await foreach (ArchivedRecording listed in archive.ListAsync())
        {
            await using Recording recording = await archive.OpenAsync(listed.CoreId, new ReaderOptions { Trust = TrustList.Load(scene.Folder.Trust) });
            ChunkBatch batch = await recording.ReadAsync(0, listed.Chunks, 0, default);
            chunks.AddRange(batch.Chunks.Select(chunk => chunk.ToArray()));
        }

        return chunks;
    }

    private static bool IsSyncedBeforeSending(string[] lines, byte[] chunk)
    {
        string needle = Hex(chunk.AsSpan(0, NeedleSize));
        int write = Array.FindIndex(lines, line => IsCall(line, "pwritev", "pwrite64") && line.Contains(needle, StringComparison.Ordinal));
        Assert.True(write >= 0, "The write of a chunk to the spool was not seen.");
        Assert.Equal(Opened(lines[..write], "/chunks-"u8), Descriptor(lines[write]));
        int send = Array.FindIndex(lines, write + 1, line => IsCall(line, "sendmsg", "sendto", "write", "writev") && line.Contains(needle, StringComparison.Ordinal));
        Assert.True(send >= 0, "The sending of a chunk was not seen.");
        // The journal has the chunk's hash, without which it could not be vouched for.
        return IsSynced(lines[(write + 1)..send], Descriptor(lines[write])) && IsSynced(lines[(write + 1)..send], Opened(lines[..send], "/journal-"u8));
    }

    private static string Opened(string[] lines, ReadOnlySpan<byte> name)
    {
        string hex = Hex(name);
        int at = Array.FindLastIndex(lines, line => IsCall(line, "openat") && line.Contains(hex, StringComparison.Ordinal));
        return End(lines, at).Split(" = ")[^1];
    }

    // While a call ran, another thread made one: how it ended stands where it is resumed.
    private static string End(string[] lines, int at)
    {
        string thread = lines[at].Split(' ')[0] + " ";
        return lines[at].EndsWith("<unfinished ...>", StringComparison.Ordinal)
            ? lines[(at + 1)..].FirstOrDefault(line => line.StartsWith(thread, StringComparison.Ordinal) && line.Contains(" resumed>", StringComparison.Ordinal)) ?? ""
            : lines[at];
    }

    private static bool IsSynced(string[] lines, string file)
    {
        int sync = Array.FindIndex(lines, line => IsCall(line, "fdatasync", "fsync") && Descriptor(line) == file);
        return sync >= 0 && End(lines, sync).EndsWith("= 0", StringComparison.Ordinal);
    }

    private static string Descriptor(string line) => line[(line.IndexOf('(', StringComparison.Ordinal) + 1)..].Split([',', ')', ' '], 2)[0];

    private static bool IsCall(string line, params string[] names) => names.Any(name => line.Contains($" {name}(", StringComparison.Ordinal));

    private static string Hex(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(4 * bytes.Length);
        foreach (byte b in bytes)
        {
            text.Append("\\x").Append(Convert.ToHexStringLower([b]));
        }

        return text.ToString();
    }
}
