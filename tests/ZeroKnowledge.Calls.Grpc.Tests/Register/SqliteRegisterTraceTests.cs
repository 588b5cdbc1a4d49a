using System.Diagnostics;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>What the register asks of the system, and in which order. Killing a process does not show it: the system keeps what it was given.</summary>
public sealed class SqliteRegisterTraceTests : IDisposable
{
    private const string Strace = "/usr/bin/strace";

    private readonly TestFolder _folder = new();
    private readonly RegisterRows _rows = new();

    private string File => _folder.File("register.db");

    public void Dispose()
    {
        _rows.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task AddAsync_EachTime_SyncsDatabaseAndJournalBeforeItsTaskEnds()
    {
        foreach (string[] calls in await TraceAsync("register-add-in-turn"))
        {
            string[] syncs = [.. calls.Where(call => call.Contains("sync(", StringComparison.Ordinal))];
            // The old pages, then the new ones, then the word that the old ones are not needed any more.
            Assert.True(syncs.Length >= 3, string.Join('\n', calls));
            Assert.Contains("register.db-journal>", syncs[0], StringComparison.Ordinal);
            Assert.Contains("register.db>", syncs[^2], StringComparison.Ordinal);
            Assert.Contains("register.db-journal>", syncs[^1], StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task EraseAsync_EachTime_OverwritesAndSyncsTheJournalBeforeItIsEmptied()
    {
        await using (Sqlite.SqliteRegister register = Sqlite.SqliteRegister.Open(File))
        {
            await register.AddAsync(_rows.Many(8));
        }

        foreach (string[] calls in await TraceAsync("register-erase"))
        {
            string[] journal = [.. calls.Where(call => call.Contains("register.db-journal>", StringComparison.Ordinal))];
            Assert.Contains("ftruncate(", journal[^1], StringComparison.Ordinal);
            Assert.Contains("sync(", journal[^2], StringComparison.Ordinal);
            string zeros = string.Concat(Enumerable.Repeat(@"\0", 32));
            Assert.Contains($"\"{zeros}\"", journal[^3], StringComparison.Ordinal);
            // The whole of it: pages are longer than this.
            Assert.EndsWith(", 0) = " + journal[^3].Split("= ")[^1], journal[^3], StringComparison.Ordinal);
            Assert.True(int.Parse(journal[^3].Split("= ")[^1], System.Globalization.CultureInfo.InvariantCulture) > 4_096, journal[^3]);
        }
    }

    /// <summary>For each line but the first that a child says, what it asked of the system since the one before.</summary>
    private async Task<List<string[]>> TraceAsync(string task)
    {
        Skip.IfNot(System.IO.File.Exists(Strace), "strace shows the system calls.");
        string trace = _folder.File("trace");
        using Process child = ChildProcess.StartUnder(
            [Strace, "-f", "-y", "-s", "32", "-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate", "-o", trace], task, File);
        string[] said = (await child.StandardOutput.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await child.WaitForExitAsync();
        Assert.True(said.Length > 5, $"The child said {said.Length} lines, and ended with {child.ExitCode}.");

        string[] calls = Whole(await System.IO.File.ReadAllLinesAsync(trace));
        int[] at = [.. said.Select(line => Array.FindIndex(calls, call => call.Contains(line[..32], StringComparison.Ordinal)))];
        return [.. at.Zip(at.Skip(1), (from, to) => calls[from..to])];
    }

    // strace breaks a call in two lines if another thread's comes in between.
    private static string[] Whole(string[] lines)
    {
        const string unfinished = " <unfinished ...>";
        const string resumed = " resumed>";
        Dictionary<string, string> begun = [];
        List<string> calls = [];
        foreach (string line in lines)
        {
            string thread = line.Split(' ')[0];
            if (line.EndsWith(unfinished, StringComparison.Ordinal))
            {
                begun[thread] = line[..^unfinished.Length];
            }
            else
            {
                int rest = line.IndexOf(resumed, StringComparison.Ordinal);
                calls.Add(rest < 0 ? line : begun[thread] + line[(rest + resumed.Length)..]);
            }
        }

        return [.. calls];
    }
}
