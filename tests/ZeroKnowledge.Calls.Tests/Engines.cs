namespace ZeroKnowledge.Calls.Tests;

/// <summary>What a test needs of its machine: without it the test is skipped with the reason, or fails where all engines are required.</summary>
internal static class Engines
{
    public static bool AreRequired { get; } = Environment.GetEnvironmentVariable("ZKCALLS_REQUIRE_ENGINES") == "1";

    public static void Require(bool present, string reason)
    {
        Assert.True(present || !AreRequired, reason);
        Skip.IfNot(present, reason);
    }

    /// <summary>Where a program is on PATH or in the usual folders, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(["/usr/bin", "/usr/sbin", "/bin", "/sbin"])
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
