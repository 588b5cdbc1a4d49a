using Grpc.Core;
using ZeroKnowledge.Calls.Grpc.Protos;
using Status = ZeroKnowledge.Calls.Grpc.Protos.Status;

namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>A stop finishes what is in flight: a real process and a real signal.</summary>
public sealed class StopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Stop_WhileChunksArrive_AnswersAllThatItStoredAndSaysThatItStops()
    {
        await using var child = new ChildArchive();
        await child.StartAsync();
        List<TestRecording> recordings = [.. Enumerable.Range(0, 4).Select(_ => new TestRecording(child.Gateway, 3_000))];
        var acknowledged = recordings.ToDictionary(r => TestRecording.Bytes(r.Id.ToArray()), _ => 0u);
        RpcException end;
        using (var upload = new UploadSession(child.Client))
        {
            await upload.WriteAsync(recordings.Select(r => r.BeginRecord()));
            Task sending = SendUntilItEndsAsync(upload, recordings);
            Task<int>? stopping = null;
            end = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (true)
                {
                    foreach (Progress progress in (await upload.NextAsync()).Progress)
                    {
                        Assert.Equal(Status.Durable, progress.Status);
                        acknowledged[progress.CoreId] = progress.DurableChunks;
                    }

                    stopping ??= acknowledged.Values.Min() > 100 ? child.TerminateAsync(keepConnection: true) : null;
                }
            });
            Assert.Equal(0, await stopping!);
            await sending;
        }

        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Contains("stopping", end.Status.Detail, StringComparison.Ordinal);

        // Not one chunk more than it had answered for, and not one less: what was read was committed, and what was committed was answered.
        child.Forget();
        await child.StartAsync();
        using var again = new UploadSession(child.Client);
        foreach (TestRecording recording in recordings)
        {
            Progress stands = await again.SendAsync(recording.QueryRecord());
            Assert.Equal(acknowledged[stands.CoreId], stands.DurableChunks);
        }
    }

    [Fact]
    public async Task Stop_WithAnIdleUpload_EndsItAtOnceWithAClearWord()
    {
        await using var child = new ChildArchive();
        await child.StartAsync();
        using var upload = new UploadSession(child.Client);
        await upload.SendAsync(new TestRecording(child.Gateway).BeginRecord());

        Task<int> stopping = child.TerminateAsync(keepConnection: true);
        RpcException e = await Assert.ThrowsAsync<RpcException>(upload.NextAsync);

        Assert.Equal((StatusCode.Unavailable, "The archive is stopping: connect again."), (e.StatusCode, e.Status.Detail));
        Assert.Equal(0, await stopping.WaitAsync(Patience));
    }

    private static async Task SendUntilItEndsAsync(UploadSession upload, List<TestRecording> recordings)
    {
        try
        {
            for (int i = 0; i < 3_000; i++)
            {
                await upload.WriteAsync(recordings.Select(r => r.ChunkRecord(i)));
            }
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or OperationCanceledException)
        {
            // The archive has ended the stream.
        }
    }
}
