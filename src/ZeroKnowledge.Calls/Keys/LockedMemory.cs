namespace ZeroKnowledge.Calls;

/// <summary>Whether the secrets of running calls must be locked in memory, so that they never reach swap.</summary>
public enum LockedMemory
{
    /// <summary>Not a choice: refused.</summary>
    None = 0,

    /// <summary>Lock as much as the system allows (RLIMIT_MEMLOCK: 8 MiB hold about 6,500 calls), go on without. The default.</summary>
    Preferred = 1,

    /// <summary>Refuse a call whose secrets cannot be locked.</summary>
    Required = 2,
}
