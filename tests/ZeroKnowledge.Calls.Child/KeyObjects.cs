using System.Globalization;
using NSec.Cryptography;

namespace ZeroKnowledge.Calls.Child;

/// <summary>The naive design: a key object for each call, all of them alive. Shows how many a process bears.</summary>
internal static class KeyObjects
{
    /// <param name="most">Stops there, if nothing fails before.</param>
    public static int Run(int most)
    {
        List<Key> live = new(most);
        int mapsBefore = Maps();
        // Once for nothing: when the maps have run out, nothing can be compiled any more, not even what says so.
        Say("begin", 0, 0);
        Thread warm = new(GoOn);
        try
        {
            while (live.Count < most)
            {
                live.Add(new Key(AeadAlgorithm.Aes256Gcm));
                if (live.Count == 1_000)
                {
                    Say("measured", live.Count, Maps() - mapsBefore);
                }
            }
        }
        catch (OutOfMemoryException)
        {
            Say("failed", live.Count, 0);
        }

        warm.Start();
        warm.Join();
        return 0;
    }

    private static void GoOn() => Say("goes-on", 0, 0);

    private static void Say(string what, int keys, int maps)
    {
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what} keys {keys} maps {maps}"));
        Console.Out.Flush();
    }

    private static int Maps() => File.ReadLines("/proc/self/maps").Count();
}
