using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Register;

/// <summary>Somebody edited the file, or the disk damaged it: a row is read as it was written, or an exception names it.</summary>
public sealed class SqliteRegisterEditedTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly RegisterRows _rows = new();

    private string File => _folder.File("register.db");

    public void Dispose()
    {
        _rows.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("UPDATE recording SET header = zeroblob(236)", "ZKCALLS1")]
    [InlineData("UPDATE recording SET header = x''", "236 bytes")]
    [InlineData("UPDATE recording SET header = CAST(substr(header, 1, 235) || x'ff' AS BLOB)", "certificate is wrong")]
    [InlineData("UPDATE recording SET header = (SELECT header FROM recording WHERE id = 2) WHERE id = 1", "its header is that of recording")]
    [InlineData("UPDATE recording SET begun = begun + 1 WHERE id = 1", "begun")]
    [InlineData("UPDATE recording SET recording_id = zeroblob(16) WHERE id = 1", "recording_id")]
    [InlineData("UPDATE recording SET envelope_version = 2 WHERE id = 1", "has version 1")]
    [InlineData("UPDATE recording SET envelope_version = 9223372036854775807 WHERE id = 1", "out of range")]
    [InlineData("UPDATE recording SET envelope_size = envelope_size - 1 WHERE id = 1", "key envelope")]
    [InlineData("UPDATE recording SET envelope_size = 9223372036854775807 WHERE id = 1", "key envelope")]
    [InlineData("UPDATE recording SET envelope_size = -1 WHERE id = 1", "out of range")]
    [InlineData("UPDATE recording SET envelope_size = 0 WHERE id = 1", "it is erased, but")]
    [InlineData("UPDATE envelope SET padded = zeroblob(4577) WHERE recording = 1", "key envelope")]
    [InlineData("UPDATE envelope SET padded = x'' WHERE recording = 1", "key envelope")]
    [InlineData("UPDATE envelope SET padded = (SELECT padded FROM envelope WHERE recording = 2) WHERE recording = 1", "its key envelope is that of recording")]
    [InlineData("DELETE FROM envelope WHERE recording = 1", "its key envelope is missing")]
    [InlineData("DELETE FROM envelope WHERE recording = 1; UPDATE recording SET envelope_size = 0 WHERE id = 1", "no erasure certificate")]
    [InlineData("UPDATE evidence SET kind = 9 WHERE recording = 1", "unknown kind")]
    [InlineData("UPDATE evidence SET kind = 2 WHERE recording = 1", "receipt")]
    [InlineData("UPDATE evidence SET bytes = zeroblob(224) WHERE recording = 1", "statement")]
    [InlineData("UPDATE evidence SET bytes = (SELECT bytes FROM evidence WHERE recording = 2) WHERE recording = 1", "evidence of recording")]
    [InlineData("UPDATE envelope SET padded = zeroblob(10000000) WHERE recording = 1", "too big")]
    public async Task Read_RowWasEdited_NamesTheRecordingAndTheFault(string edit, string fault)
    {
        RegisteredRecording[] rows = _rows.Many(2);
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync(rows);
        Edit(edit);

        string name = fault == "too big" ? File : rows[0].Header.CoreId.ToString();
        await RefusedAsync(async () => await register.FindAsync(rows[0].Header.CoreId));
        await RefusedAsync(async () => await register.ListAsync().ToListAsync());

        async Task RefusedAsync(Func<Task> read)
        {
            RegisterException e = await Assert.ThrowsAsync<RegisterException>(read);
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Change_RowWasEdited_IsRefusedAloneAndTheRegisterGoesOn()
    {
        RegisteredRecording[] rows = _rows.Many(3);
        await using SqliteRegister register = SqliteRegister.Open(File);
        await register.AddAsync(rows[..2]);
        Edit("UPDATE recording SET envelope_version = 9223372036854775807 WHERE id = 1");
        Task edited = register.ReplaceEnvelopeAsync(_rows.Envelope(rows[0], 2)).AsTask();
        Task other = register.ReplaceEnvelopeAsync(_rows.Envelope(rows[1], 2)).AsTask();
        await Assert.ThrowsAsync<RegisterException>(() => edited);
        await other;
        await register.AddAsync([rows[2]]);
    }

    [Fact]
    public async Task EraseAsync_SomebodyAddedATrigger_DoesNotRunIt()
    {
        RegisteredRecording row = _rows.Row();
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync([row]);
        }

        Edit("CREATE TABLE kept (padded BLOB); CREATE TRIGGER keep BEFORE DELETE ON envelope BEGIN INSERT INTO kept VALUES (old.padded); END");
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.EraseAsync(_rows.Erasure(row, 2), null);
        }

        Assert.Empty(FolderSearch.Find(_folder.Path, [row.Envelope!.ToArray()]));
    }

    [Fact]
    public async Task AnyMethod_DamagedFile_ThrowsNothingButRegisterException()
    {
        RegisteredRecording[] rows = _rows.Many(40);
        await using (SqliteRegister register = SqliteRegister.Open(File))
        {
            await register.AddAsync(rows);
        }

        byte[] whole = await System.IO.File.ReadAllBytesAsync(File);
        int failures = 0;
        for (int i = 0; i < 100; i++)
        {
            byte[] damaged = i % 4 == 0 ? whole[..RandomNumberGenerator.GetInt32(whole.Length)] : [.. whole];
            for (int flips = i % 20; flips > 0; flips--)
            {
                int at = RandomNumberGenerator.GetInt32(damaged.Length);
                RandomNumberGenerator.Fill(damaged.AsSpan(at, Math.Min(damaged.Length - at, 50)));
            }

            string file = _folder.File($"damaged-{i}.db");
            await System.IO.File.WriteAllBytesAsync(file, damaged);
            try
            {
                await using SqliteRegister register = SqliteRegister.Open(file);
                _ = await register.ListAsync().ToListAsync();
                await register.RemoveAsync([.. rows.Select(row => row.Header.CoreId)]);
                await register.AddAsync(rows);
            }
            catch (RegisterException)
            {
                failures++;
            }
        }

        Assert.InRange(failures, 25, 100);
    }

    private void Edit(string text)
    {
        using SqliteConnection connection = new($"Data Source={File};Pooling=false;Mode=ReadWrite");
        connection.Open();
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        command.ExecuteNonQuery();
    }
}
