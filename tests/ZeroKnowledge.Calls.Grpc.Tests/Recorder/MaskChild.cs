using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>
/// A gateway that masks a card number, in a process of its own whose memory can be searched. What is said is computed from a seed, into one buffer that is wiped after each frame,
/// so that the process itself does not remember it.
/// </summary>
internal static class MaskChild
{
    public const int Frames = 20;
    public const int Before = 0;
    public const int During = 1;
    public const int Planted = 2;

    /// <summary>Fills a payload: 160 bytes of audio, or four event blocks of RFC 4733 in one packet, 16 bytes.</summary>
    public static void Say(ulong seed, int part, int number, Span<byte> payload)
    {
        ulong state = seed + ((ulong)part << 32) + ((ulong)number << 8) + (ulong)payload.Length;
        for (int i = 0; i < payload.Length; i++)
        {
            // SplitMix64.
            state = unchecked(state + 0x9e3779b97f4a7c15);
            ulong mixed = unchecked((state ^ state >> 30) * 0xbf58476d1ce4e5b9);
            mixed = unchecked((mixed ^ mixed >> 27) * 0x94d049bb133111eb);
            payload[i] = (byte)((mixed ^ mixed >> 31) & 0xff);
        }

        if (payload.Length == 16)
        {
            payload[0] = (byte)(number % 10);
        }
    }

    public static async Task RunAsync(string address, string folder, string recipients, string seed)
    {
        using GatewayKey gateway = GatewayKey.Load(Path.Combine(folder, "gateway.key"));
        StandingClock clock = new();
        using GrpcChannel channel = GrpcChannel.ForAddress(address);
        await using SqliteRegister register = SqliteRegister.Open(Path.Combine(folder, "register.db"));
        await using CallRecorder recorder = await CallRecorder.StartAsync(new CallRecorderOptions
        {
            Archives = [channel],
            Spool = Path.Combine(folder, "spool"),
            Register = register,
            Policy = new RecordingPolicy { Gateway = gateway, Recipients = Recipients.Parse(recipients), AllowSingleRecipient = true, Tick = TimeSpan.FromMilliseconds(200) },
            TimeProvider = clock,
        });
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "card", Legs = [Leg.Pcma("caller"), Leg.Pcma("agent")] });
        await call.Started;

        Console.Out.WriteLine($"before {Write(call, ulong.Parse(seed, CultureInfo.InvariantCulture), Before)}");
        call.ArmMask(GapReason.Masked);
        Console.Out.WriteLine($"during {Write(call, ulong.Parse(seed, CultureInfo.InvariantCulture), During)}");
        call.EndMask();
        byte[] planted = new byte[160];
        Say(ulong.Parse(seed, CultureInfo.InvariantCulture), Planted, 0, planted);
        Console.Out.WriteLine("ready");
        Console.In.ReadLine();

        GC.KeepAlive(planted);
        clock.Go();
        call.Complete();
        await call.Durable;
        Console.Out.WriteLine(call.RecordingId);
    }

    /// <returns>How many frames were accepted.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Write(CallWriter call, ulong seed, int part)
    {
        byte[] packet = GC.AllocateArray<byte>(12 + 160, pinned: true);
        int accepted = 0;
        for (int i = 0; i < Frames; i++)
        {
            // The digit first: it is what begins an armed mask.
            accepted += Write(call, packet.AsSpan(0, 12 + 16), seed, part, i, 101) == WriteResult.Accepted ? 1 : 0;
            accepted += Write(call, packet, seed, part, i, 8) == WriteResult.Accepted ? 1 : 0;
        }

        return accepted;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WriteResult Write(CallWriter call, Span<byte> packet, ulong seed, int part, int number, byte payloadType)
    {
        packet[0] = 0x80;
        packet[1] = payloadType;
        packet[3] = (byte)((2 * number) + (payloadType == 8 ? 1 : 0));
        packet[7] = (byte)number;
        Say(seed, part, number, packet[12..]);
        WriteResult result = call.WriteRtp(0, packet);
        CryptographicOperations.ZeroMemory(packet);
        return result;
    }

    /// <summary>While it stands no tick comes, and what was recorded is in memory as it was said.</summary>
    private sealed class StandingClock : TimeProvider
    {
        private readonly long _stood = System.GetTimestamp();
        private long _went;

        public override long GetTimestamp() => Volatile.Read(ref _went) is var went && went == 0 ? _stood : _stood + System.GetTimestamp() - went;

        public void Go() => Volatile.Write(ref _went, System.GetTimestamp());
    }
}
