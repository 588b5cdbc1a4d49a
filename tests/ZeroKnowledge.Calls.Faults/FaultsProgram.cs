using System.Globalization;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>The command line: 0 all held, 1 something did not, 2 it was called wrongly.</summary>
internal static class FaultsProgram
{
    private const string Usage =
        "Usage: gateway-kills [--runs 200] [--seed S]; archive-kills [--runs 100] [--seed S]; outage [--calls 1000] [--seconds 120] [--seed S]; rotation-kills [--envelopes 100000] [--kills 2] [--seed S]";

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            RunOptions options = RunOptions.Parse(args.Skip(1));
            switch (args.FirstOrDefault())
            {
                case "archive-kills":
                    return Tell(await ArchiveKills.RunAsync(options.Take("--runs", 100), options.Seed, Console.Out));
                case "gateway-kills":
                    return Tell(await GatewayKills.RunAsync(options.Take("--runs", 200), options.Seed, Console.Out));
                case "outage":
                    return Tell(await OutageRun.RunAsync(
                        new OutageOptions
                        {
                            Calls = options.Take("--calls", 1_000),
                            Seconds = options.Take("--seconds", 120),
                            Seed = options.Seed,
                            CatchUp = TimeSpan.FromMinutes(1),
                            SpoolMiB = 8_192,
                        },
                        Console.Out));
                case "rotation-kills":
                    return Tell(await RotationKills.RunAsync(options.Take("--envelopes", 100_000), options.Take("--kills", 2), options.Seed, Console.Out));
                case "rotation":
                    return await RotationProgram.RunAsync(options);
                case "gateway":
                    return await GatewayProgram.RunAsync(options);
                case "snapshot":
                    return await SnapshotProgram.RunAsync(options);
                default:
                    await Console.Error.WriteLineAsync(Usage);
                    return 2;
            }
        }
        catch (FormatException e)
        {
            await Console.Error.WriteLineAsync($"{e.Message} {Usage}");
            return 2;
        }
    }

    private static int Tell(FaultReport report)
    {
        foreach (string violation in report.Violations.Take(20))
        {
            Console.Out.WriteLine($"  {violation}");
        }

        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{report.Summary}: {(report.Violations.Count == 0 ? "all held" : $"{report.Violations.Count} VIOLATIONS")}"));
        return report.Violations.Count == 0 ? 0 : 1;
    }
}
