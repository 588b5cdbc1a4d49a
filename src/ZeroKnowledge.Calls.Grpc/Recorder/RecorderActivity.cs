using System.Diagnostics;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The activities of a recorder: source <c>ZeroKnowledge.Calls</c>. None is about a single call, for a call is not a request that somebody waits for.</summary>
internal static class RecorderActivity
{
    private static readonly ActivitySource Source = new(RecorderMeter.Name);

    public static Activity? Start() => Source.StartActivity("zkcalls.start");

    public static Activity? Stop() => Source.StartActivity("zkcalls.stop");

    /// <summary>The envelopes of a batch of recordings are kept, in the register or in files.</summary>
    public static Activity? Setup(int recordings) => Source.StartActivity("zkcalls.setup")?.SetTag("zkcalls.recordings", recordings);
}
