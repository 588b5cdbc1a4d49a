using System.Buffers.Binary;
using Google.Protobuf;
using RocksDbSharp;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class CheckTests : IAsyncLifetime
{
    private readonly ArchiveFixture _archive = new();

    public Task InitializeAsync() => _archive.InitializeAsync();

    public Task DisposeAsync() => _archive.DisposeAsync();

    [Fact]
    public async Task Fsck_HealthyArchive_FindsNothing()
    {
        using (UploadSession upload = _archive.Upload())
        {
            TestRecording whole = _archive.NewRecording(100);
            TestRecording open = _archive.NewRecording(20);
            TestRecording forked = _archive.NewRecording(20);
            TestRecording replaced = _archive.NewRecording(20);
            TestRecording clone = replaced.Clone(16);
            TestRecording recovered = _archive.NewRecording(20);
            TestRecording deleted = _archive.NewRecording(20);
            await upload.WriteAsync(
            [
                .. whole.All(), .. open.All().SkipLast(2), .. forked.All(), forked.StatementRecord(forked.Clone(3).Checkpoint(8)),
                .. replaced.All().SkipLast(2), clone.ReplacementRecord(clone.Checkpoint(20), 16, 20),
                .. recovered.All().SkipLast(2), recovered.StatementRecord(recovered.Recovery(20, 16)), .. deleted.All(),
            ]);
            await upload.FinishAsync();
            await _archive.Client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = ByteString.CopyFrom(deleted.Id.ToArray()) });
        }

        await _archive.StopAsync();

        (int code, string output, string error) = await FsckAsync();
        Assert.True(code == 0, output + error);
        Assert.Equal("5 recordings, 180 chunks, 1 tombstones: no findings.\n", output);
    }

    [Fact]
    public async Task Fsck_ContradictionsThatAreKeptAsEvidence_AreNoFindings()
    {
        using (UploadSession upload = _archive.Upload())
        {
            // A recovery of what a replacement then displaced; two different recoveries; two opening records.
            TestRecording displaced = _archive.NewRecording(8);
            TestRecording clone = displaced.Clone(4);
            TestRecording twice = _archive.NewRecording(8);
            TestRecording forked = _archive.NewRecording(8);
            TestRecording other = forked.Clone(8);
            other.Opening = new byte[other.Opening.Length];
            await upload.WriteAsync(
            [
                displaced.BeginRecord(), .. Enumerable.Range(0, 6).Select(displaced.ChunkRecord), displaced.StatementRecord(displaced.Checkpoint(4)),
                displaced.StatementRecord(displaced.Recovery(6, 4)), clone.ReplacementRecord(clone.Checkpoint(8), 4, 8),
                twice.BeginRecord(), .. Enumerable.Range(0, 6).Select(twice.ChunkRecord), twice.StatementRecord(twice.Recovery(5, 0)), twice.StatementRecord(twice.Recovery(6, 0)),
                .. forked.All(), other.BeginRecord(),
            ]);
            List<Progress> progress = await upload.FinishAsync();
            Assert.Equal(2, progress.Single(one => one.Status == Status.Forked).Conflict.Count);
            Assert.DoesNotContain(progress, one => one.Status is not (Status.Durable or Status.Forked));
        }

        await _archive.StopAsync();

        (int code, string output, string error) = await FsckAsync();
        Assert.True(code == 0, output + error);
    }

    [Theory]
    [InlineData("chunks", 3)]
    [InlineData("leaves", 3)]
    [InlineData("chunks", 19)]
    [InlineData("leaves", 19)]
    public async Task Fsck_ValueDamagedOrGone_NamesTheRecordingAndTheChunk(string family, int chunk)
    {
        TestRecording recording = await UploadAsync();
        await _archive.StopAsync();
        Damage(family, chunk, remove: false);
        (int code, string output, _) = await FsckAsync();
        Assert.Equal(1, code);
        Assert.Contains($"{recording.Id}: Chunk {chunk} of 20 is missing or damaged.", output, StringComparison.Ordinal);

        Damage(family, chunk, remove: true);
        Assert.Equal(1, (await FsckAsync()).Code);
    }

    [Fact]
    public async Task Fsck_BitFlippedInAFile_IsAFinding()
    {
        await UploadAsync();
        await _archive.StopAsync();

        // The start moves the log into tables.
        await _archive.StartAsync();
        await _archive.StopAsync();
        foreach (string file in Directory.GetFiles(Path.Combine(_archive.Data, "engine"), "*.sst"))
        {
            byte[] bytes = await File.ReadAllBytesAsync(file);
            if (bytes.Length > 4096)
            {
                bytes[2000] ^= 1;
                await File.WriteAllBytesAsync(file, bytes);
            }
        }

        Assert.NotEqual(0, (await FsckAsync()).Code);
    }

    [Fact]
    public async Task Fsck_WhileTheArchiveRuns_IsRefused() => Assert.Equal(2, (await FsckAsync()).Code);

    private Task<(int Code, string Output, string Error)> FsckAsync() =>
        ChildArchive.RunAsync("fsck", "--data", _archive.Data, "--gateways", _archive.Gateways);

    private async Task<TestRecording> UploadAsync()
    {
        TestRecording recording = _archive.NewRecording(20);
        using UploadSession upload = _archive.Upload();
        Assert.True((await upload.SendAllAsync(recording.All()))[^1].Sealed);
        return recording;
    }

    // As the archive keeps them: under a number that counts up from 1, and the index.
    private void Damage(string family, int chunk, bool remove)
    {
        var families = new ColumnFamilies();
        foreach (string name in new[] { "recordings", "chunks", "leaves", "evidence" })
        {
            families.Add(name, new ColumnFamilyOptions());
        }

        using RocksDb db = RocksDb.Open(new DbOptions(), Path.Combine(_archive.Data, "engine"), families);
        var key = new byte[12];
        BinaryPrimitives.WriteUInt64BigEndian(key, 1);
        BinaryPrimitives.WriteInt32BigEndian(key.AsSpan(8), chunk);
        if (remove)
        {
            db.Remove(key, db.GetColumnFamily(family));
            return;
        }

        byte[] value = db.Get(key, db.GetColumnFamily(family));
        value[7] ^= 1;
        db.Put(key, value, db.GetColumnFamily(family));
    }
}
