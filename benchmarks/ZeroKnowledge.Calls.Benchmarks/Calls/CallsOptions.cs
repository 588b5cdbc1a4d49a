using System.Globalization;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>The options of <c>-- calls</c>.</summary>
internal sealed record CallsOptions(int Calls, int Seconds, Suite Suite, int FrameMs, bool Json)
{
    public static CallsOptions Parse(string[] args) => new(
        Number(args, "--calls", 10_000),
        Number(args, "--seconds", 20),
        Value(args, "--suite") == "aegis" ? Suite.Aegis256 : Suite.Aes256Gcm,
        Number(args, "--frame-ms", 20),
        args.Contains("--json"));

    private static int Number(string[] args, string name, int otherwise) => Value(args, name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string? Value(string[] args, string name) => Array.IndexOf(args, name) is >= 0 and int at && at + 1 < args.Length ? args[at + 1] : null;
}
