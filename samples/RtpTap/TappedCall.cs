using System.Net;
using ZeroKnowledge.Calls.Grpc;

namespace RtpTap;

/// <summary>A call, and the pair of ports that it is received on.</summary>
internal sealed class TappedCall(CallWriter call, TapLeg[] legs, IPAddress? source)
{
    private readonly Task[] _running = [.. legs.Select((leg, i) => leg.RunAsync(call, i, source))];

    public CallWriter Call => call;

    public object Describe() => new { id = call.RecordingId.ToString(), legs = legs.Select(leg => leg.Counts) };

    /// <summary>Takes what is still on its way, and ends the call.</summary>
    public async Task EndAsync(TimeSpan linger)
    {
        await Task.Delay(linger);
        Array.ForEach(legs, leg => leg.Dispose());
        await Task.WhenAll(_running);
        call.Complete();
    }
}
