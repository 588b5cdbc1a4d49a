using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

public sealed class DeletionTests : IAsyncLifetime
{
    private readonly ArchiveFixture _archive = new();

    public Task InitializeAsync() => _archive.InitializeAsync();

    public Task DisposeAsync() => _archive.DisposeAsync();

    [Fact]
    public async Task Delete_Recording_LeavesACertificateAndATombstone()
    {
        TestRecording recording = await UploadAsync(10);

        ByteString bytes = await DeleteAsync(recording);

        Assert.True(DeletionCertificate.TryParse(bytes.Span, out DeletionCertificate? certificate, out _));
        Assert.True(certificate.Verify(_archive.Trust));
        Assert.Equal((recording.Id, 10), (certificate.CoreId, certificate.ChunksDeleted));
        Assert.Equal(10ul * (ulong)recording.Header.StoredChunkSize, certificate.BytesDeleted);
        Assert.Equal(recording.Root(10), certificate.Root.ToArray());
        using UploadSession upload = _archive.Upload();
        Assert.All(await upload.SendAllAsync(recording.All()), p => Assert.Equal(Status.Deleted, p.Status));
        Assert.Equal(bytes, await DeleteAsync(recording));
        RpcException e = await Assert.ThrowsAsync<RpcException>(() => _archive.ReadAsync(recording.Id, 0, 1));
        Assert.Equal(StatusCode.NotFound, e.StatusCode);
    }

    [Fact]
    public async Task Delete_WhatIsNotThere_LeavesATombstoneAndACertificateThatNothingWasStored()
    {
        TestRecording recording = _archive.NewRecording(4);

        ByteString bytes = await DeleteAsync(recording);

        Assert.True(DeletionCertificate.TryParse(bytes.Span, out DeletionCertificate? certificate, out _));
        Assert.True(certificate.Verify(_archive.Trust));
        Assert.Equal((recording.Id, 0, 0ul), (certificate.CoreId, certificate.ChunksDeleted, certificate.BytesDeleted));
        Assert.Equal(bytes, await DeleteAsync(recording));
        using UploadSession upload = _archive.Upload();
        Protos.Record[] late =
        [
            recording.BeginRecord(), recording.ChunkRecord(0), recording.StatementRecord(recording.Checkpoint(0)),
            recording.StatementRecord(recording.Recovery(1, 0)), recording.ReplacementRecord(recording.Checkpoint(1), 0, 1), recording.EndRecord(0), recording.QueryRecord(),
        ];
        foreach (Protos.Record record in late)
        {
            Assert.Equal(Status.Deleted, (await upload.SendAsync(record)).Status);
        }

        await _archive.StopAsync();
        await _archive.StartAsync();
        Assert.Equal(bytes, await DeleteAsync(recording));
    }

    [Fact]
    public async Task Delete_WhileAnUploadGoesOn_EndsIt()
    {
        TestRecording recording = _archive.NewRecording();
        using UploadSession upload = _archive.Upload();
        await upload.WriteAsync(recording.BeginRecord(), recording.ChunkRecord(0));
        await upload.NextAsync();

        await DeleteAsync(recording);

        Assert.Equal(Status.Deleted, (await upload.SendAsync(recording.ChunkRecord(1))).Status);
    }

    // Deletion and record meet in one commit, before which nothing of the deletion can be read back.
    [Fact]
    public async Task Delete_TogetherWithARecord_AnswersTheRecordWithTheCertificate()
    {
        for (int i = 0; i < 10; i++)
        {
            await DeleteUnderRecordsAsync(_archive.NewRecording(200));
        }
    }

    [Fact]
    public async Task Delete_SomeAmongOthers_RemovesTheirBytesFromTheFilesAndNoOthers()
    {
        List<TestRecording> recordings = [.. Enumerable.Range(0, 20).Select(_ => new TestRecording(_archive.Gateway, 20, payload: 20_000))];

        // Interleaved, as live calls are; and one half in tables, the other in the log.
        await SendAsync(recordings.Select(r => r.BeginRecord()), recordings, 0, 10);
        await _archive.StopAsync();
        await _archive.StartAsync();
        await SendAsync([], recordings, 10, 20);
        List<TestRecording> deleted = [recordings[0], recordings[9], recordings[19]];
        Assert.All(deleted, recording => Assert.NotEmpty(FilesWith(recording)));

        await Task.WhenAll(deleted.Select(DeleteAsync));

        Assert.All(deleted, recording => Assert.Empty(FilesWith(recording)));
        foreach (TestRecording kept in recordings.Except(deleted))
        {
            Assert.Equal(kept.Chunks, await _archive.ReadAsync(kept.Id, 0, 20));
        }
    }

    [Fact]
    public async Task Delete_AReplacedChunk_RemovesItToo()
    {
        TestRecording recording = _archive.NewRecording();
        using UploadSession upload = _archive.Upload();
        await upload.WriteAsync(recording.BeginRecord(), recording.ChunkRecord(0));
        await upload.NextAsync();
        TestRecording clone = recording.Clone(0);
        Assert.Equal(Status.Durable, (await upload.SendAsync(clone.ReplacementRecord(clone.Checkpoint(1), 0, 1))).Status);

        await DeleteAsync(recording);

        Assert.Empty(FilesWith(recording));
        Assert.Empty(FilesWith(clone));
    }

    private async Task DeleteUnderRecordsAsync(TestRecording recording)
    {
        using UploadSession upload = _archive.Upload();
        await upload.WriteAsync(recording.BeginRecord());
        await upload.NextAsync();
        Task<ByteString> deleting = DeleteAsync(recording);
        for (int i = 0; i < 200; i++)
        {
            await upload.WriteAsync(recording.QueryRecord());
        }

        List<Progress> answers = await upload.FinishAsync();
        ByteString certificate = await deleting;
        Assert.All(answers.Where(answer => answer.Status == Status.Deleted), answer => Assert.Equal(certificate, answer.Deletion));
        Assert.Contains(answers, answer => answer.Status is Status.Deleted or Status.Durable);
    }

    private async Task SendAsync(IEnumerable<Record> begins, List<TestRecording> recordings, int first, int end)
    {
        using UploadSession upload = _archive.Upload();
        await upload.WriteAsync(begins);
        for (int i = first; i < end; i++)
        {
            await upload.WriteAsync(recordings.Select(r => r.ChunkRecord(i)));
        }

        await upload.WriteAsync(recordings.Select(r => r.StatementRecord(r.Checkpoint(end))));
        Assert.All(await upload.FinishAsync(), p => Assert.Equal(Status.Durable, p.Status));
    }

    private List<string> FilesWith(TestRecording recording)
    {
        // A part of the middle of each: the engine may cut a value in its log.
        List<byte[]> chunks = recording.Chunks;
        byte[][] parts = [.. new[] { chunks[0], chunks[chunks.Count / 2], chunks[^1], recording.Opening, recording.Closing }.Select(b => b[100..116])];
        var found = new List<string>();
        foreach (string file in Directory.EnumerateFiles(_archive.Data, "*", SearchOption.AllDirectories))
        {
            ReadOnlySpan<byte> content = ReadShared(file);
            foreach (byte[] part in parts)
            {
                if (content.IndexOf(part) >= 0)
                {
                    found.Add(file);
                    break;
                }
            }
        }

        return found;
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private async Task<TestRecording> UploadAsync(int chunks)
    {
        TestRecording recording = _archive.NewRecording(chunks);
        using UploadSession upload = _archive.Upload();
        Assert.True((await upload.SendAllAsync(recording.All()))[^1].Sealed);
        return recording;
    }

    private async Task<ByteString> DeleteAsync(TestRecording recording) => (await _archive.Client.DeleteRecordingAsync(
        new DeleteRecordingRequest { CoreId = ByteString.CopyFrom(recording.Id.ToArray()) })).Certificate;
}
