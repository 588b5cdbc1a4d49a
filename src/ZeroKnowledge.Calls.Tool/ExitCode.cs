namespace ZeroKnowledge.Calls.Tool;

/// <summary>What the program ends with; docs/TOOL.md promises these numbers.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>What was looked at is not as it should be: missing, truncated, not to be had.</summary>
    public const int Finding = 1;

    /// <summary>The command cannot be done: usage, files, network.</summary>
    public const int Usage = 2;

    /// <summary>Something did not authenticate: altered or forged data, a wrong key, a wrong passphrase.</summary>
    public const int NotAuthentic = 3;

    /// <summary>Stopped by Ctrl+C, as shells have it.</summary>
    public const int Stopped = 130;
}
