using Google.Protobuf;
using ZeroKnowledge.Calls.Grpc.Protos;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class DurabilityTests
{
    [Fact]
    public async Task Restart_InTheMiddle_GoesOnWhereItStood()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();
        TestRecording recording = own.Archive.NewRecording(100);
        using (UploadSession first = own.Archive.Upload())
        {
            await first.SendAllAsync(recording.All().Take(60));
        }

        await own.Archive.StopAsync();
        await own.Archive.StartAsync();
        using UploadSession second = own.Archive.Upload();
        Progress stands = await second.SendAsync(recording.QueryRecord());
        await second.WriteAsync(recording.All().Skip(60));
        Progress end = (await second.FinishAsync())[^1];

        // 59 records after the begin: 4 chunks, then a checkpoint, and so on.
        Assert.Equal((48u, 44u), (stands.DurableChunks, stands.DurableStatements));
        Assert.True(end.Sealed);
        Assert.Equal(recording.Chunks, await own.Archive.ReadAsync(recording.Id, 0, 100));
    }

    [Fact]
    public async Task Restart_KeepsSealForkDeletionAndKey()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();
        TestRecording isSealed = own.Archive.NewRecording(5);
        TestRecording forked = own.Archive.NewRecording(5);
        TestRecording deleted = own.Archive.NewRecording(5);
        TrustList before = own.Archive.Trust;
        ByteString receipt;
        using (UploadSession upload = own.Archive.Upload())
        {
            await upload.WriteAsync([.. isSealed.All(), .. forked.All().Take(6), .. deleted.All(), forked.StatementRecord(forked.Clone(2).Checkpoint(3))]);
            receipt = (await upload.FinishAsync()).First(p => p.CoreId.Span.SequenceEqual(isSealed.Id.ToArray())).Receipt;
        }

        ByteString certificate = (await DeleteAsync(own.Archive.Client, deleted)).Certificate;
        await own.Archive.StopAsync();
        await own.Archive.StartAsync();
        using UploadSession again = own.Archive.Upload();

        Progress progress = await again.SendAsync(isSealed.QueryRecord());
        Assert.Equal((true, receipt), (progress.Sealed, progress.Receipt));
        Assert.Equal(Status.Forked, (await again.SendAsync(forked.QueryRecord())).Status);
        Assert.Equal(Status.Deleted, (await again.SendAsync(deleted.QueryRecord())).Status);
        Assert.Equal(certificate, (await DeleteAsync(own.Archive.Client, deleted)).Certificate);
        Assert.Equal(before.ToString(), own.Archive.Trust.ToString());
    }

    [Fact]
    public async Task Upload_MoreRecordingsThanAreKeptInMemory_AreAllWhole()
    {
        await using var own = new OwnArchive();
        await own.StartAsync();
        await own.Archive.StopAsync();
        await own.Archive.StartAsync("--states", "2");
        List<TestRecording> recordings = [.. Enumerable.Range(0, 10).Select(_ => own.Archive.NewRecording(12))];
        List<List<Protos.Record>> records = [.. recordings.Select(r => r.All(5).ToList())];
        using UploadSession upload = own.Archive.Upload();

        // One record of each in turn, each in a commit of its own: every one finds its recording forgotten.
        for (int i = 0; i < records[0].Count; i++)
        {
            foreach (List<Protos.Record> of in records)
            {
                Assert.Equal(Status.Durable, (await upload.SendAsync(of[i])).Status);
            }
        }

        foreach (TestRecording recording in recordings)
        {
            Progress progress = await upload.SendAsync(recording.QueryRecord());
            Assert.Equal((true, 12u), (progress.Sealed, progress.DurableChunks));
        }
    }

    [Fact]
    public async Task Kill_WhileChunksArrive_KeepsEveryAcknowledgedOne()
    {
        await using var child = new ChildArchive();
        await child.StartAsync();
        List<TestRecording> recordings = [.. Enumerable.Range(0, 8).Select(_ => new TestRecording(child.Gateway, 2_000))];
        var acknowledged = new Dictionary<string, uint>();
        using (var upload = new UploadSession(child.Client))
        {
            await upload.WriteAsync(recordings.Select(r => r.BeginRecord()));
            Task sending = SendUntilItBreaksAsync(upload, recordings);
            while (acknowledged.Values.Sum(count => count) < 2_000)
            {
                foreach (Progress progress in (await upload.NextAsync()).Progress)
                {
                    Assert.Equal(Status.Durable, progress.Status);
                    acknowledged[progress.CoreId.ToBase64()] = progress.DurableChunks;
                }
            }

            await child.KillAsync();
            await sending;
        }

        await child.StartAsync();
        using var again = new UploadSession(child.Client);
        foreach (TestRecording recording in recordings)
        {
            Progress stands = await again.SendAsync(recording.QueryRecord());
            Assert.Equal(Status.Durable, stands.Status);
            Assert.InRange(stands.DurableChunks, acknowledged[stands.CoreId.ToBase64()], 2_000u);

            // The tree that was rebuilt from the files is the writer's own.
            int count = (int)stands.DurableChunks;
            Progress end = await again.SendAsync(recording.EndRecord(count));
            Assert.True(end.Sealed, end.Message);
        }
    }

    private static async Task SendUntilItBreaksAsync(UploadSession upload, List<TestRecording> recordings)
    {
        try
        {
            for (int i = 0; i < 2_000; i++)
            {
                await upload.WriteAsync(recordings.Select(r => r.ChunkRecord(i)));
            }
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            // The archive was killed.
        }
    }

    private static async Task<DeleteRecordingResponse> DeleteAsync(CallArchive.CallArchiveClient client, TestRecording recording) =>
        await client.DeleteRecordingAsync(new DeleteRecordingRequest { CoreId = ByteString.CopyFrom(recording.Id.ToArray()) });
}
