using System.IO.Pipelines;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>Audio that does not come as RTP: streams, pipes and sequences of payloads.</summary>
public sealed class LegStreamTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Write_InPiecesOfAnySize_FramesAreCutNumberedAndTimed()
    {
        byte[] audio = RandomNumberGenerator.GetBytes((10 * 160) + 70);
        List<Frame> frames = await RecordAsync(async call =>
        {
            await using LegStream stream = new(call, 0, 8, 160, 160);
            for (int at = 0, piece = 1; at < audio.Length; at += piece, piece = (piece * 3 % 401) + 1)
            {
                piece = Math.Min(piece, audio.Length - at);
                await stream.WriteAsync(audio.AsMemory(at, piece));
            }
        });
        Assert.Equal(Enumerable.Range(0, 11).Select(i => (i, i * 160)), frames.Select(frame => ((int)frame.Sequence, (int)frame.Timestamp)));
        Assert.Equal(audio, frames.SelectMany(frame => frame.Payload.ToArray()));
    }

    [Fact]
    public async Task PipeWriter_OverTheStream_RecordsAll()
    {
        byte[] audio = RandomNumberGenerator.GetBytes(1_600);
        List<Frame> frames = await RecordAsync(async call =>
        {
            PipeWriter pipe = PipeWriter.Create(new LegStream(call, 0, 8, 160, 160));
            await pipe.WriteAsync(audio.AsMemory(0, 1_000));
            audio.AsSpan(1_000).CopyTo(pipe.GetSpan(600));
            pipe.Advance(600);
            await pipe.CompleteAsync();
        });
        Assert.Equal(audio, frames.SelectMany(frame => frame.Payload.ToArray()));
    }

    [Fact]
    public async Task WriteAll_PayloadsOfAnySize_AreFrames()
    {
        byte[][] payloads = [.. Enumerable.Range(0, 20).Select(i => RandomNumberGenerator.GetBytes(i * 5))];
        long accepted = 0;
        List<Frame> frames = await RecordAsync(async call => accepted = await call.WriteAllAsync(0, 8, 960, Sequence(payloads)));
        Assert.Equal(20, accepted);
        Assert.Equal(payloads, frames.Select(frame => frame.Payload.ToArray()));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 960), frames.Select(frame => (int)frame.Timestamp));
    }

    [Fact]
    public async Task Write_AfterTheEndOrToNoLeg_IsTold()
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "stream", Legs = [Leg.Pcma("a")] });
        Assert.Throws<ArgumentOutOfRangeException>(() => new LegStream(call, 15, 8, 160, 160));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LegStream(call, 0, 8, 8_193, 160));
        await using LegStream none = new(call, 1, 8, 160, 160);
        Assert.Throws<InvalidOperationException>(() => none.Write(new byte[160]));
        await Assert.ThrowsAsync<InvalidOperationException>(() => call.WriteAllAsync(1, 8, 160, Sequence(new byte[160])));
        LegStream stream = new(call, 0, 8, 160, 160);
        stream.Write(new byte[100]);
        call.Complete();
        Assert.Throws<IOException>(() => stream.Write(new byte[100]));
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => call.WriteAllAsync(0, 8, 160, Sequence(new byte[160])));
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> Sequence(params byte[][] payloads)
    {
        foreach (byte[] payload in payloads)
        {
            await Task.Yield();
            yield return payload;
        }
    }

    private async Task<List<Frame>> RecordAsync(Func<CallWriter, Task> write)
    {
        await using CallRecorder recorder = await fixture.StartAsync();
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "stream", Legs = [Leg.Pcma("a")] });
        await call.Started.WaitAsync(Patience);
        await write(call);
        call.Complete();
        await call.Durable.WaitAsync(Patience);
        await using Recording recording = await new ArchiveClient(fixture.Channel).OpenAsync(call.RecordingId, fixture.Reader());
        List<Frame> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            if (frame.Kind == FrameKind.Audio)
            {
                frames.Add(frame);
            }
        }

        return frames;
    }
}
