namespace ZeroKnowledge.Calls.Tests;

internal static class RecordingExtensions
{
    /// <summary>Every frame that was released, and what ended the reading: only exceptions that a caller must expect.</summary>
    public static async Task<(List<Frame> Frames, Exception? Exception)> PlayAsync(this Recording recording, TimeSpan? from = null, TimeSpan? to = null)
    {
        List<Frame> frames = [];
        try
        {
            await foreach (Frame frame in recording.ReadFramesAsync(from, to))
            {
                frames.Add(frame);
            }
        }
        catch (CallRecordingException e)
        {
            return (frames, e);
        }

        return (frames, null);
    }

    public static List<Frame> Audio(this IEnumerable<Frame> frames) => [.. frames.Where(frame => frame.Kind == FrameKind.Audio)];
}
