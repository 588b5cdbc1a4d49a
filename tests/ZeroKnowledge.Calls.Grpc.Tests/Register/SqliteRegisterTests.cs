using System.Buffers.Binary;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>The contract, on SQLite.</summary>
public sealed class SqliteRegisterContractTests : RegisterContract
{
    private readonly TestFolder _folder = new();

    protected override ValueTask<IRegister> OpenAsync() => new(SqliteRegister.Open(_folder.File("register.db")));

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Opening files of every kind, and other users of the same file.</summary>
public sealed class SqliteRegisterFileTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly RegisterRows _rows = new();

    private string File => _folder.File("register.db");

    public void Dispose()
    {
        _rows.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task Open_NewFile_IsTheOwnersOnlyAndSoIsItsJournal()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync([_rows.Row()]);
        Assert.Equal([File, File + "-journal"], Directory.GetFiles(_folder.Path).Order());
#pragma warning disable CA1416 // Skipped on Windows above.
        Assert.All(Directory.GetFiles(_folder.Path), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file)));
#pragma warning restore CA1416
        Assert.Equal(File, register.Path);
    }

    // As when a service and its administrator's tool start at the same time.
    [Fact]
    public async Task Open_NewFileByManyAtOnce_IsMadeOnce()
    {
        for (int round = 0; round < 200; round++)
        {
            string file = _folder.File($"new{round}.db");
            using Barrier together = new(4);
            SqliteRegister[] registers = await Task.WhenAll(Enumerable.Range(0, together.ParticipantCount).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return SqliteRegister.Open(file);
                },
                TaskCreationOptions.LongRunning)));
            await registers[0].AddAsync([_rows.Row()]);
            foreach (SqliteRegister register in registers)
            {
                Assert.Equal(1, await register.ListAsync().CountAsync());
                await register.DisposeAsync();
            }
        }
    }

    [Fact]
    public void Open_FolderThatIsNotThere_IsRefused() =>
        Refused(Path.Combine(_folder.Path, "missing", "register.db"), "its folder exists");

    [Fact]
    public void Open_Folder_IsRefused() => Refused(_folder.Path, "register");

    [SkippableFact]
    public void Open_UnwritableFolder_IsRefused()
    {
        // Permissions do not stop root; /sys does.
        Skip.IfNot(OperatingSystem.IsLinux(), "/sys is Linux's.");
        Refused("/sys/register.db", "may write to it");
    }

    [Fact]
    public void Open_JournalCannotBeMade_IsRefused()
    {
        // As in an unwritable folder around a writable file, but for root as well: with "-journal" the name is longer than a name may be.
        Refused(_folder.File(new string('r', 250)), "cannot be opened for writing");
    }

    [Theory]
    [InlineData(10)]
    [InlineData(100)]
    [InlineData(50_000)]
    public void Open_NotADatabase_IsRefusedAndLeftAsItIs(int size)
    {
        byte[] bytes = [.. Enumerable.Repeat((byte)'x', size)];
        System.IO.File.WriteAllBytes(File, bytes);
        Refused(File, "not a register");
        Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public void Open_DatabaseOfAnotherProgram_IsRefusedAndLeftAsItIs()
    {
        Sql("CREATE TABLE recording (id INTEGER PRIMARY KEY)", create: true);
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        Refused(File, "of another program");
        Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public async Task Open_SchemaOne_BringsItUpAndKeepsItsRows()
    {
        using RegisterRows rows = new();
        RegisteredRecording row = rows.Row();
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync([row]);
        }

        Sql("DROP TABLE hold; PRAGMA user_version = 1");
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.SetHoldAsync(row.Header.CoreId, "x");
            Assert.Equal("x", (await register.FindAsync(row.Header.CoreId))!.Hold);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1_000_000)]
    public async Task Open_NewerSchema_IsRefusedAndLeftAsItIs(int version)
    {
        await SqliteRegister.Open(File).DisposeAsync();
        Sql($"PRAGMA user_version = {version}");
        byte[] bytes = System.IO.File.ReadAllBytes(File);
        Refused(File, $"newer version: it has schema {version}");
        Assert.Equal(bytes, System.IO.File.ReadAllBytes(File));
    }

    [Fact]
    public async Task Open_TableMissing_IsRefused()
    {
        await SqliteRegister.Open(File).DisposeAsync();
        Sql("DROP TABLE evidence");
        Refused(File, "evidence");
    }

    [Fact]
    public async Task OpenAndAddAsync_LockedByAnotherProgram_SaySo()
    {
        await using SqliteRegister register = SqliteRegister.Open(File);
        using (SqliteConnection other = Connect())
        {
            using SqliteTransaction transaction = other.BeginTransaction(deferred: false);
            Task opening = Task.Run(() => Refused(File, "is locked by another program"));
            RegisteredRecording row = _rows.Row();
            Stopwatch watch = Stopwatch.StartNew();
            Task adding = register.AddAsync([row]).AsTask();
            // The caller may be anybody; it is the pool that waits.
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, SqliteRegister.BusyTimeout / 2);
            RegisterException e = await Assert.ThrowsAsync<RegisterException>(() => adding);
            Assert.True(watch.Elapsed > SqliteRegister.BusyTimeout / 2);
            Assert.Contains("is locked by another program", e.Message, StringComparison.Ordinal);
            await opening;
        }

        await register.AddAsync([_rows.Row()]);
    }

    [Fact]
    public async Task AddAsync_ManyAtOnce_ShareTransactions()
    {
        RegisteredRecording[] rows = _rows.Many(64);
        await using SqliteRegister register = SqliteRegister.Open(File);
        uint before = Transactions();
        await Task.WhenAll(rows.Select(row => register.AddAsync([row]).AsTask()));
        Assert.InRange(Transactions() - before, 1u, 32u);

        // SQLite counts them in the file's header.
        uint Transactions() => BinaryPrimitives.ReadUInt32BigEndian(System.IO.File.ReadAllBytes(File).AsSpan(24));
    }

    [Fact]
    public async Task Changes_FromTwoRegistersOfOneFile_AllStand()
    {
        await using SqliteRegister one = SqliteRegister.Open(File);
        await using SqliteRegister two = SqliteRegister.Open(File);
        await Task.WhenAll(new[] { one, two }.Select(register => Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                RegisteredRecording row = _rows.Row();
                await register.AddAsync([row]);
                if (i % 2 == 0)
                {
                    await register.EraseAsync(_rows.Erasure(row, 2), null);
                }
            }
        })));
        Assert.Equal(80, await one.ListAsync().CountAsync());
        Assert.Equal(40, await two.ListAsync().CountAsync(row => row.Envelope is null));
    }

    [Fact]
    public async Task Open_AnotherProgramTurnedWriteAheadLoggingOn_TurnsItOff()
    {
        RegisteredRecording row = _rows.Row();
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync([row]);
        }

        Sql("PRAGMA journal_mode = WAL");
        await using SqliteRegister again = SqliteRegister.Open(File);
        await again.EraseAsync(_rows.Erasure(row, 2), null);
        Assert.Equal([File, File + "-journal"], Directory.GetFiles(_folder.Path).Order());
        Assert.Empty(FolderSearch.Find(_folder.Path, [row.Envelope!.ToArray()]));
    }

    private static void Refused(string path, string because)
    {
        RegisterException e = Assert.Throws<RegisterException>(() => SqliteRegister.Open(path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(because, e.Message, StringComparison.Ordinal);
    }

    private SqliteConnection Connect(bool create = false)
    {
        SqliteConnection connection = new($"Data Source={File};Pooling=false;Mode={(create ? "ReadWriteCreate" : "ReadWrite")}");
        connection.Open();
        return connection;
    }

    private void Sql(string text, bool create = false)
    {
        using SqliteConnection connection = Connect(create);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
