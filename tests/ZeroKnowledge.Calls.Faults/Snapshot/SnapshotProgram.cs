namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// One of two lives of a snapshot: the same gateway key, the same call, the same begin, the same randomness. It says the core id, under which all
/// chunk keys stand, and then a chunk a line.
/// </summary>
internal static class SnapshotProgram
{
    public const string CoreId = "Core id: ";
    public const string Chunk = "Chunk: ";

    public static async Task<int> RunAsync(RunOptions options)
    {
        using GatewayKey gateway = GatewayKey.Load(options.Text("--gateway-key"));
        RecordingPolicy policy = new()
        {
            Gateway = gateway,
            Recipients = Recipients.Load(options.Text("--recipients")),
            AllowSingleRecipient = true,
            Suite = Enum.Parse<Suite>(options.Text("--suite")),
            Tick = TimeSpan.FromMilliseconds(20),
            Legs = 1,
        };
        ReplayedRandomness.Begin(options.Seed);
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        CallMetadata metadata = new() { CallId = "snapshot", Legs = [Leg.Pcma("a")] };
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, metadata, new RecordingId(new byte[RecordingId.Size]), DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000), default, slabs, out _);
        await Console.Out.WriteLineAsync($"{CoreId}{writer.CoreId}");
        byte[] stored = new byte[writer.StoredChunkSize];
        for (int i = 0; i < options.Take("--chunks", 8); i++)
        {
            stored.AsSpan().Clear();
            writer.EncryptChunk(stored);
            await Console.Out.WriteLineAsync($"{Chunk}{Convert.ToHexString(stored)}");
        }

        return 0;
    }
}
