namespace ZeroKnowledge.Calls.Grpc;

/// <summary>A call whose recording could not be started, or not be kept.</summary>
/// <param name="call">The call.</param>
/// <param name="exception">Why.</param>
public sealed class CallFailedEventArgs(CallWriter call, Exception exception) : EventArgs
{
    /// <summary>The call.</summary>
    public CallWriter Call { get; } = call;

    /// <summary>Why.</summary>
    public Exception Exception { get; } = exception;
}
