using System.Runtime.CompilerServices;
using System.Security.Cryptography;

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
        return StandStill(
            () => start = Write(policy, slabs, chunks),
            () =>
            {
                Console.Out.WriteLine(Convert.ToHexString(start!.Header.Bytes));
                Console.Out.WriteLine(Convert.ToHexString(start.Envelope.Span));
            });
    }

    /// <summary>Only takes keys from a frontier: what comes after that in a writer would go over its stack. The root comes masked, so that it is nowhere else.</summary>
    public static int TakeKeys(string masked, int chunks)
    {
        using SecretSlabs slabs = new(LockedMemory.Preferred);
        byte[] mask = Convert.FromHexString(masked);
        return StandStill(
            () =>
            {
                SecretSlot slot = slabs.Rent();
                Deep(() => Start(slot, mask));
                for (int i = 0; i < chunks; i++)
                {
                    int chunk = i;
                    Deep(() => Take(slot, chunk));
                }
            },
            () => { });
    }

    private static int StandStill(Action write, Action tell)
    {
        // On a thread of its own, which then does nothing more: what is left on its stack stays to be found.
        using ManualResetEventSlim written = new();
        Thread writing = new(() =>
        {
            // First for nothing: what compiles a method when it is first called would go over the stack.
            write();
            write();
            written.Set();
            Thread.Sleep(Timeout.Infinite);
        })
        { IsBackground = true };
        writing.Start();
        written.Wait();

        tell();
        Console.Out.WriteLine("ready");
        Console.In.ReadLine();
        return 0;
    }

    private static void Start(SecretSlot slot, byte[] mask)
    {
        Span<byte> root = stackalloc byte[Format.KeySize];
        for (int i = 0; i < root.Length; i++)
        {
            root[i] = (byte)(mask[i] ^ 0xa5);
        }

        KeyFrontier.Start(slot.Frontier, root);
        CryptographicOperations.ZeroMemory(root);
    }

    private static void Take(SecretSlot slot, int chunk)
    {
        Span<byte> key = stackalloc byte[Format.KeySize];
        KeyFrontier.Take(slot.Frontier, chunk, key);
        CryptographicOperations.ZeroMemory(key);
    }

    private static RecordingStart Write(RecordingPolicy policy, SecretSlabs slabs, int chunks)
    {
        // Never disposed: that would wipe what the search must find.
        RecordingStart? start = null;
        RecordingWriter? writer = null;
        Deep(() => writer = Begun.Recording(policy, slabs, out start));
        byte[] stored = new byte[writer!.StoredChunkSize];
        byte[] checkpoint = new byte[Statement.Size];
        while (writer.ChunkCount < chunks)
        {
            Deep(() => writer.WriteCheckpoint(Begun.At, checkpoint));
            Deep(() => writer.EncryptChunk(stored));
        }

        return start!;
    }

    // So deep in the stack that nothing which is called afterwards goes over what was left there.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Deep(Action action)
    {
        Span<byte> room = stackalloc byte[1 << 14];
        room.Fill(1);
        action();
    }
}
