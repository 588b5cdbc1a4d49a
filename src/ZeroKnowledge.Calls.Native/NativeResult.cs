namespace ZeroKnowledge.Calls.Native;

/// <summary>zk_result of zkcalls.h.</summary>
internal enum NativeResult
{
    Ok = 0,
    Masked = 1,
    Dropped = 2,
    Ended = 3,
    Spooled = 4,
    Argument = -1,
    Handle = -2,
    Size = -3,
    Config = -4,
    IO = -5,
    Limit = -6,
    Malformed = -7,
    Internal = -8,
}
