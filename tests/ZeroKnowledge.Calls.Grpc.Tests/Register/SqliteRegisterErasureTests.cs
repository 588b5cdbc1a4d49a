using System.Diagnostics;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>What was added is there after a crash, and what was erased is in no file of the folder.</summary>
public sealed class SqliteRegisterErasureTests : IDisposable
{
    private const int PageSize = 4_096;

    private readonly TestFolder _folder = new();
    private readonly RegisterRows _rows = new();

    private string File => _folder.File("register.db");

    public void Dispose()
    {
        _rows.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task EraseReplaceRemove_OldEnvelope_IsInNoFileWhenTheTaskEnds()
    {
        RegisteredRecording[] rows = _rows.Many(4);
        byte[][] envelopes = [.. rows.Select(row => row.Envelope!.ToArray())];
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync(rows);
        // The search itself must find what is there.
        Assert.NotEmpty(FolderSearch.Find(_folder.Path, [envelopes[0]]));

        await register.EraseAsync(_rows.Erasure(rows[0], 2), null);
        Assert.Empty(FolderSearch.Find(_folder.Path, [envelopes[0]]));

        KeyEnvelope remaining = _rows.Envelope(rows[1], 2);
        await register.EraseAsync(_rows.Erasure(rows[1], 2), remaining);
        Assert.Empty(FolderSearch.Find(_folder.Path, [envelopes[1]]));
        Assert.NotEmpty(FolderSearch.Find(_folder.Path, [remaining.ToArray()]));

        KeyEnvelope next = _rows.Envelope(rows[2], 2);
        await register.ReplaceEnvelopeAsync(next);
        Assert.Empty(FolderSearch.Find(_folder.Path, [envelopes[2]]));

        await register.RemoveAsync([rows[1].Header.CoreId, rows[3].Header.CoreId]);
        Assert.Empty(FolderSearch.Find(_folder.Path, [envelopes[3], remaining.ToArray()]));
        Assert.NotEmpty(FolderSearch.Find(_folder.Path, [next.ToArray()]));
    }

    [Fact]
    public async Task EraseAsync_WhileOthersReadAndAdd_LeavesNothing()
    {
        RegisteredRecording[] rows = _rows.Many(30);
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync(rows);
        using CancellationTokenSource done = new();
        Task[] others =
        [
            Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await foreach (RegisteredRecording row in register.ListAsync())
                    {
                    }
                }
            }),
            Task.Run(async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await register.AddAsync([_rows.Row(RegisterRows.Begun.AddDays(1))]);
                }
            }),
        ];
        foreach (RegisteredRecording row in rows)
        {
            await register.EraseAsync(_rows.Erasure(row, 2), null);
            Assert.Empty(FolderSearch.Find(_folder.Path, [row.Envelope!.ToArray()]));
        }

        await done.CancelAsync();
        await Task.WhenAll(others);
    }

    // Rows of every size, put in and taken out again until SQLite has split and merged its pages many times over.
    [Fact]
    public async Task EraseReplaceRemove_OfThousands_LeavesNothing()
    {
        Identity[] identities = [.. Enumerable.Range(0, 6).Select(_ => Identity.Generate())];
        List<RegisteredRecording> live = [];
        List<byte[]> destroyed = [];
        await using SqliteRegister register = SqliteRegister.Open(File);
        for (int round = 0; round < 8; round++)
        {
            RegisteredRecording[] added = [.. Enumerable.Range(0, 200).Select(_ => AnyRow())];
            await register.AddAsync(added);
            live.AddRange(added);
            List<Task> changes = [];
            for (int i = 0; i < 150; i++)
            {
                int at = RandomNumberGenerator.GetInt32(live.Count);
                RegisteredRecording row = live[at];
                live.RemoveAt(at);
                destroyed.Add(row.Envelope!.ToArray());
                uint next = row.Envelope.Version + 1;
                switch (RandomNumberGenerator.GetInt32(3))
                {
                    case 0:
                        changes.Add(register.RemoveAsync([row.Header.CoreId]).AsTask());
                        break;
                    case 1:
                        changes.Add(register.EraseAsync(_rows.Erasure(row, next), null).AsTask());
                        break;
                    default:
                        RegisteredRecording rotated = RegisterRows.With(row, AnyEnvelope(row, next));
                        live.Add(rotated);
                        changes.Add(register.ReplaceEnvelopeAsync(rotated.Envelope!).AsTask());
                        break;
                }
            }

            await Task.WhenAll(changes);
            Assert.Empty(FolderSearch.Find(_folder.Path, destroyed));
        }

        foreach (RegisteredRecording row in live)
        {
            Assert.Equal(row.Envelope!.ToArray(), (await register.FindAsync(row.Header.CoreId))!.Envelope!.ToArray());
        }

        Array.ForEach(identities, identity => identity.Dispose());

        RegisteredRecording AnyRow()
        {
            RegisteredRecording row = _rows.Row(RegisterRows.Begun.AddMinutes(RandomNumberGenerator.GetInt32(10_000)));
            return RegisterRows.With(row, AnyEnvelope(row, 1));
        }

        KeyEnvelope AnyEnvelope(RegisteredRecording row, uint version)
        {
            _rows.Recipients = Recipients.Of([.. identities.Take(1 + RandomNumberGenerator.GetInt32(identities.Length)).Select(identity => identity.Recipient)]);
            return _rows.Envelope(row, version);
        }
    }

    // SQLite copies what lies in the leaves of its tree from page to page, and does not overwrite what it leaves behind: no byte of an envelope may be there.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    [InlineData(32)]
    public async Task AddAsync_EnvelopeOfAnySize_FillsOverflowPagesOfItsOwn(int recipients)
    {
        Identity[] identities = [.. Enumerable.Range(0, recipients).Select(_ => Identity.Generate())];
        RegisteredRecording row = _rows.Row();
        _rows.Recipients = Recipients.Of([.. identities.Select(identity => identity.Recipient)]);
        row = RegisterRows.With(row, _rows.Envelope(row, 1));
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync([row]);
        }

        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File);
        byte[] envelope = row.Envelope!.ToArray();
        int page = bytes.AsSpan().IndexOf(envelope.AsSpan(0, 64)) / PageSize;
        int seen = 0;
        for (int next = page + 1; next != 0; seen++)
        {
            ReadOnlySpan<byte> content = bytes.AsSpan((next - 1) * PageSize, PageSize);
            next = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(content);
            int offset = (seen * (PageSize - 4)) - (seen == 0 ? 0 : Shift());
            int length = Math.Min(envelope.Length - offset, PageSize - 4 - (seen == 0 ? Shift() : 0));
            Assert.True(content.Slice(4 + (seen == 0 ? Shift() : 0), length).SequenceEqual(envelope.AsSpan(offset, length)), $"overflow page {seen}");
            if (next == 0)
            {
                Assert.Equal(envelope.Length, offset + length);
            }
        }

        Array.ForEach(identities, identity => identity.Dispose());

        // 4 or 5 bytes of the row's head stand in the leaf before the 489 zeros, so as many zeros reach the first overflow page.
        int Shift() => (bytes.AsSpan().IndexOf(envelope.AsSpan(0, 64)) % PageSize) - 4;
    }

    [Fact]
    public async Task EraseAsync_ThroughASymbolicLink_LeavesNothingInTheFoldersOfLinkAndFile()
    {
        Directory.CreateDirectory(_folder.File("real"));
        RegisteredRecording row = _rows.Row();
        await SqliteRegister.Open(_folder.File("real/r.db")).DisposeAsync();
        System.IO.File.CreateSymbolicLink(File, _folder.File("real/r.db"));
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync([row]);
        await register.EraseAsync(_rows.Erasure(row, 2), null);
        Assert.Empty(FolderSearch.Find(_folder.Path, [row.Envelope!.ToArray()]));
    }

    [SkippableFact]
    public async Task EraseAsync_JournalCannotBeOverwritten_SaysSoAndTriesAgainAtTheNextChange()
    {
        Skip.If(OperatingSystem.IsWindows(), "There the lock would stop SQLite as well.");
        RegisteredRecording[] rows = _rows.Many(3);
        byte[][] envelopes = [.. rows[..2].Select(row => row.Envelope!.ToArray())];
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync(rows[..2]);
        // An advisory lock, which .NET heeds and SQLite does not know.
        await using (new FileStream(File + "-journal", FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            Task erasing = register.EraseAsync(_rows.Erasure(rows[0], 2), null).AsTask();
            Task removing = register.RemoveAsync([rows[1].Header.CoreId]).AsTask();
            Assert.Contains("could not be overwritten", (await Assert.ThrowsAsync<RegisterException>(() => erasing)).Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<RegisterException>(() => removing);
            Assert.Null((await register.FindAsync(rows[0].Header.CoreId))!.Envelope);
            // It destroyed nothing, so nothing of its own is left to do.
            await register.AddAsync([rows[2]]);
            Assert.NotEqual(0, new FileInfo(File + "-journal").Length);
        }

        await register.AddAsync([rows[2]]);
        Assert.Equal(0, new FileInfo(File + "-journal").Length);
        Assert.Empty(FolderSearch.Find(_folder.Path, envelopes));
    }

    [SkippableFact]
    public async Task AddAsync_ProcessIsKilled_EveryRowThatWasSaidIsThere()
    {
        Skip.If(OperatingSystem.IsWindows(), "A kill that cannot be caught is POSIX's.");
        for (int round = 0; round < 3; round++)
        {
            using Process child = ChildProcess.Start("register-add", File);
            List<string> said = await SayAndKillAsync(child, 25 + (round * 10));
            await using SqliteRegister register = SqliteRegister.Open(File);
            foreach (string line in said)
            {
                RegisteredRecording? row = await register.FindAsync(CoreId.Parse(line));
                Assert.NotNull(row?.Envelope);
                Assert.Single(row.Statements);
            }

            Assert.True(await register.ListAsync().CountAsync() >= said.Count);
        }
    }

    [SkippableFact]
    public async Task EraseAsync_ProcessIsKilled_NothingThatWasSaidIsInAnyFile()
    {
        Skip.If(OperatingSystem.IsWindows(), "A kill that cannot be caught is POSIX's.");
        RegisteredRecording[] rows = _rows.Many(500);
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync(rows);
        }

        using Process child = ChildProcess.Start("register-erase", File);
        List<string> said = await SayAndKillAsync(child, 30);
        byte[][] pieces = [.. said.Select(line => (byte[])[.. new byte[64], .. Convert.FromHexString(line)])];
        Assert.Empty(FolderSearch.Find(_folder.Path, pieces));

        // Whatever the crash left behind is gone when the register is opened, and every row is either whole or erased.
        await using SqliteRegister again = SqliteRegister.Open(File);
        List<RegisteredRecording> listed = await again.ListAsync().ToListAsync();
        Assert.Equal(rows.Length, listed.Count);
        Assert.True(listed.Count(row => row.Envelope is null) >= said.Count);
        byte[][] erased = [.. rows.Where((row, i) => listed[i].Envelope is null).Select(row => row.Envelope!.ToArray())];
        Assert.Empty(FolderSearch.Find(_folder.Path, erased));
    }

    private static async Task<List<string>> SayAndKillAsync(Process child, int lines)
    {
        List<string> said = [];
        while (said.Count < lines && await child.StandardOutput.ReadLineAsync() is { } line)
        {
            said.Add(line);
        }

        child.Kill();
        // What it had said by then counts too.
        while (await child.StandardOutput.ReadLineAsync() is { } line)
        {
            said.Add(line);
        }

        await child.WaitForExitAsync();
        Assert.True(said.Count >= lines, $"The child ended by itself, with {child.ExitCode}.");
        return said;
    }
}
