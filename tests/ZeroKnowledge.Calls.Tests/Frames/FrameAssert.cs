namespace ZeroKnowledge.Calls.Tests;

internal static class FrameAssert
{
    public static void Same(IReadOnlyList<Frame> expected, IReadOnlyList<Frame> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.Equal(Values(expected[i]), Values(actual[i]));
            Assert.Equal(expected[i].Payload.ToArray(), actual[i].Payload.ToArray());
        }
    }

    private static object Values(Frame frame) => (
        frame.Kind, frame.Leg, frame.ArrivalMs, frame.Marker, frame.PayloadType, frame.Sequence, frame.Timestamp, frame.Ssrc, frame.Format,
        frame.GapReason, frame.GapDurationMs);
}
