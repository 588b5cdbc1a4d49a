using ZeroKnowledge.Calls;

namespace LiveGateway.Calls;

/// <summary>How the calls of a run are recorded.</summary>
internal static class Policies
{
    // At several times the speed of life there are as many times more frames, each with its own overhead, and threads are late by more of them.
    private const double RoomForHaste = 1.25;

    public static RecordingPolicy For(Recipients recipients, GatewayKey gateway, Suite suite, double speed, IReadOnlyList<LiveCall> calls)
    {
        int bitRate = calls.Max(call => call.BitRate);
        return new RecordingPolicy
        {
            Recipients = recipients,
            Gateway = gateway,
            Suite = suite,
            MaxBitRate = speed > 1 ? (int)(bitRate * speed * RoomForHaste) : Math.Max(bitRate, RecordingPolicy.DefaultMaxBitRate),

            // As for calls that are listened to live: each chunk is signed when it leaves.
            CheckpointEvery = 1,
        };
    }

    /// <summary>The same, under another gateway's key.</summary>
    public static RecordingPolicy With(RecordingPolicy policy, GatewayKey gateway) => new()
    {
        Recipients = policy.Recipients,
        Gateway = gateway,
        Suite = policy.Suite,
        MaxBitRate = policy.MaxBitRate,
        CheckpointEvery = policy.CheckpointEvery,
    };
}
