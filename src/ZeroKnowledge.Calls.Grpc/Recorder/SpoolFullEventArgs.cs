namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The spool has no room any more, or has room again.</summary>
/// <param name="isFull">True: new audio becomes gaps from now on.</param>
/// <param name="reason">Why, for people; empty when there is room.</param>
public sealed class SpoolFullEventArgs(bool isFull, string reason) : EventArgs
{
    /// <summary>True: new audio becomes gaps from now on. False: it is recorded again.</summary>
    public bool IsFull { get; } = isFull;

    /// <summary>Why, for people; empty when there is room.</summary>
    public string Reason { get; } = reason;
}
