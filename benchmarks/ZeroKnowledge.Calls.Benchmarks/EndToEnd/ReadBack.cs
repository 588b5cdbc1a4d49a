using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Reads calls back from the archive as their owner does, and compares every frame with what was written.</summary>
internal static class ReadBack
{
    private const int SampledCalls = 100;

    /// <param name="channel">To the archive.</param>
    /// <param name="reader">With a recipient's identity.</param>
    /// <param name="calls">All calls, of which a random sample is read.</param>
    /// <param name="frames">So many each of them was given.</param>
    /// <param name="frameMs">The length of a frame.</param>
    /// <returns>Frames that are missing, too many, or not what was written.</returns>
    public static async Task<long> CompareAsync(GrpcChannel channel, ReaderOptions reader, IReadOnlyList<CallWriter> calls, int frames, int frameMs)
    {
        ArchiveClient archive = new(channel);
        int[] sample = [.. Enumerable.Range(0, calls.Count)];
        Random.Shared.Shuffle(sample);
        long different = 0;
        foreach (int call in sample.Take(SampledCalls))
        {
            await using Recording recording = await archive.OpenAsync(calls[call].RecordingId, reader);
            RecordingReport report = await recording.VerifyAsync();
            different += report.State == RecordingState.Complete ? await CompareAsync(recording, call, frames, frameMs) : frames;
        }

        return different;
    }

    private static async Task<long> CompareAsync(Recording recording, int call, int frames, int frameMs)
    {
        long different = 0;
        int number = 0;
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            // A gap that stands for audio shows itself: what comes after it has another number.
            if (frame.Kind is FrameKind.Format or FrameKind.Gap)
            {
                continue;
            }

            bool isRight = frame.Kind == FrameKind.Audio && frame.Leg == 0 && frame.PayloadType == SpokenFrame.PayloadType
                && frame.Sequence == (ushort)(number & ushort.MaxValue) && SpokenFrame.Is(frame.Payload.Span, call, number, frameMs);
            different += isRight ? 0 : 1;
            number++;
        }

        return different + Math.Abs(frames - number);
    }
}
