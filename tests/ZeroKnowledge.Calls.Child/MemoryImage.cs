using System.Runtime.CompilerServices;

namespace ZeroKnowledge.Calls.Child;

/// <summary>Encrypts some chunks of one recording and then stands still, so that its memory can be searched.</summary>
internal static class MemoryImage
{
    public static int Run(string suite, int chunks)
    {
        using GatewayKey gateway = GatewayKey.Generate();
        RecordingPolicy policy = Begun.Policy(gateway, Recipients.Parse(Console.In.ReadLine()!), Enum.Parse<Suite>(suite));
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        RecordingStart? start = null;

        // On a thread of its own, which then does nothing more, and deep in its stack: what is left there stays to be found.
        using ManualResetEventSlim encrypted = new();
        Thread writing = new(() =>
        {
            // First for nothing: what compiles a method when it is first called would go over the stack, and hide what was left there.
            Deep(() => _ = Write(policy, slabs, chunks));
            Deep(() => start = Write(policy, slabs, chunks));
            encrypted.Set();
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true };
        writing.Start();
        encrypted.Wait();

        Console.Out.WriteLine(Convert.ToHexString(start!.Header.Bytes));
        Console.Out.WriteLine(Convert.ToHexString(start.Envelope.Span));
        Console.Out.WriteLine("ready");
        Console.In.ReadLine();
        return 0;
    }

    private static RecordingStart Write(RecordingPolicy policy, SecretSlabs slabs, int chunks)
    {
        // Never disposed: that would wipe what the search must find.
        RecordingWriter writer = Begun.Recording(policy, slabs, out RecordingStart start);
        byte[] stored = new byte[writer.StoredChunkSize];
        byte[] checkpoint = new byte[Statement.Size];
        while (writer.ChunkCount < chunks)
        {
            writer.WriteCheckpoint(Begun.At, checkpoint);
            writer.EncryptChunk(stored);
        }

        return start;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Deep(Action action)
    {
        Span<byte> room = stackalloc byte[1 << 16];
        room.Fill(1);
        action();
    }
}
