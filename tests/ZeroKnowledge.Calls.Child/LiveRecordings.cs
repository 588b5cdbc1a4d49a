using System.Globalization;

namespace ZeroKnowledge.Calls.Child;

/// <summary>Begins many recordings and keeps all of them alive.</summary>
internal static class LiveRecordings
{
    public static int Run(int count, string locked)
    {
        using GatewayKey gateway = GatewayKey.Generate();
        using Identity identity = Identity.Generate();
        RecordingPolicy policy = Begun.Policy(gateway, Recipients.Of(identity.Recipient), Suite.Aes256Gcm);
        using SecretSlabs slabs = new(Enum.Parse<LockedMemory>(locked));
        List<RecordingWriter> live = new(count);
        int mapsBefore = Maps();
        try
        {
            while (live.Count < count)
            {
                live.Add(Begun.Recording(policy, slabs, out _));
            }
        }
        catch (AdmissionException e)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"refused after {live.Count}: {e.Message}"));
            return 3;
        }

        byte[] stored = new byte[live[0].StoredChunkSize];
        foreach (RecordingWriter writer in live)
        {
            for (int i = 0; i < 2; i++)
            {
                stored.AsSpan().Clear();
                writer.EncryptChunk(stored);
            }
        }

        int maps = Maps() - mapsBefore;
        // Where memory maps or locks have run out, the next thread or the next compiled method ends the process.
        int sum = 0;
        Thread[] threads = [.. Enumerable.Range(0, 50).Select(_ => new Thread(() => Interlocked.Add(ref sum, live.Sum(writer => writer.ChunkCount))))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        live.ForEach(writer => writer.Dispose());
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"live {live.Count} maps {maps} unlocked {slabs.UnlockedSlabs} sum {sum / threads.Length}"));
        return 0;
    }

    private static int Maps() => File.ReadLines("/proc/self/maps").Count();
}
