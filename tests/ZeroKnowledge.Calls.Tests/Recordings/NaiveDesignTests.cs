using System.Globalization;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>
/// Where one key object for each call ends, in a process of its own. A key object is four memory maps, and Linux gives a process <c>vm.max_map_count</c> of them, usually 65,530.
/// That this library goes on, with maps that do not grow with the calls, shows <see cref="LiveRecordingsTests.Begin_TwentyThousandLive_NothingFails"/>.
/// </summary>
public class NaiveDesignTests
{
    private const int MapsPerKey = 4;

    // More of them would take minutes and gigabytes: then only what a key takes is measured.
    private const int MostKeys = 50_000;

    // What the runtime has mapped itself, and what it maps meanwhile.
    private const int OtherMaps = 2_000;

    [SkippableFact]
    public async Task OneKeyObjectPerCall_BeyondTheMapsOfAProcess_Aborts()
    {
        int bound = MaxMaps() / MapsPerKey;
        bool reachable = bound < MostKeys;
        using ChildProcess child = ChildProcess.Start("keys", reachable ? Text(bound + 1_000) : "1000");
        (int code, string output, string errors) = await child.ExitAsync();
        Dictionary<string, (int Keys, int Maps)> said = Parse(output);

        // In steps of the runtime's own maps.
        Assert.InRange(said["measured"].Maps, MapsPerKey * 1_000, (MapsPerKey * 1_000) + 500);
        if (reachable)
        {
            Assert.InRange(said["failed"].Keys, bound - (OtherMaps / MapsPerKey), bound);
            // Not an exception that somebody could catch: the next thread ends the process.
            Assert.NotEqual(0, code);
            Assert.DoesNotContain("goes-on", output, StringComparison.Ordinal);
            // The runtime's last word depends on where it met the bound.
            Assert.Matches("Fatal error|Out of memory", errors);
        }
        else
        {
            Assert.Equal(0, code);
        }
    }

    private static int MaxMaps()
    {
        const string Limit = "/proc/sys/vm/max_map_count";
        Engines.Require(File.Exists(Limit), $"{Limit} is needed: the bound is Linux's.");
        return int.Parse(File.ReadAllText(Limit), CultureInfo.InvariantCulture);
    }

    private static Dictionary<string, (int Keys, int Maps)> Parse(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .ToDictionary(words => words[0], words => (int.Parse(words[2], CultureInfo.InvariantCulture), int.Parse(words[4], CultureInfo.InvariantCulture)));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
