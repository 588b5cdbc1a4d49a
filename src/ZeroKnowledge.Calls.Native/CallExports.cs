using System.Runtime.InteropServices;
using System.Text;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Native;

/// <summary>The functions of zkcalls.h about calls.</summary>
internal static unsafe class CallExports
{
    private const int MaxTags = 1_000;
    private const int MaxPayloadTypes = 16;
    private const uint MaxPayloadType = 127;
    private const int MaxLegs = 15;
    private const uint AllLegs = (1u << MaxLegs) - 1;

    private static readonly HandleTable<CallWriter> Calls = new(2);

    [UnmanagedCallersOnly(EntryPoint = "zk_call_begin")]
    public static NativeResult Begin(ulong recorder, NativeCallInfo* info, ulong* call) => Guard.Run(() =>
    {
        if (info is null || call is null)
        {
            return Guard.Fail(NativeResult.Argument, "info or call is NULL.");
        }

        *call = 0;
        if (!Guard.Fits(info, info->Size, sizeof(NativeCallInfo)))
        {
            return Guard.BadSize("info", info->Size, sizeof(NativeCallInfo));
        }

        if (RecorderExports.Find(recorder) is not { } found)
        {
            return Guard.BadHandle();
        }

        CallWriter writer = found.Begin(Metadata(*info));
        *call = Calls.Add(writer);
        if (*call == 0)
        {
            writer.Discard();
            return Guard.Fail(NativeResult.Limit, "There are 16,777,216 calls whose handles were not closed.");
        }

        return NativeResult.Ok;
    });

    [UnmanagedCallersOnly(EntryPoint = "zk_call_id")]
    public static NativeResult Id(ulong call, byte* id) => Guard.Run(() =>
    {
        if (id is null)
        {
            return Guard.Fail(NativeResult.Argument, "id is NULL.");
        }

        if (Calls.Find(call) is not { } writer)
        {
            return Guard.BadHandle();
        }

        byte[] text = Encoding.ASCII.GetBytes(writer.RecordingId + "\0");
        text.CopyTo(new Span<byte>(id, text.Length));
        return NativeResult.Ok;
    });

    // Nothing here may allocate: neither a delegate, nor a message.
    [UnmanagedCallersOnly(EntryPoint = "zk_call_write_rtp")]
    public static NativeResult WriteRtp(ulong call, uint leg, byte* packet, nuint size)
    {
        try
        {
            return packet is null || size > int.MaxValue ? NativeResult.Argument
                : Calls.Find(call) is not { } writer ? NativeResult.Handle
                : leg >= MaxLegs ? NativeResult.Malformed
                : ResultOf(writer.WriteRtp((int)leg, new ReadOnlySpan<byte>(packet, (int)size)));
        }
#pragma warning disable CA1031 // Whatever it is, it must not cross into C.
        catch (Exception)
#pragma warning restore CA1031
        {
            return NativeResult.Internal;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zk_call_write_frame")]
    public static NativeResult WriteFrame(ulong call, uint leg, uint payloadType, ushort sequence, uint timestamp, byte* payload, nuint size)
    {
        try
        {
            return (payload is null && size > 0) || size > int.MaxValue ? NativeResult.Argument
                : Calls.Find(call) is not { } writer ? NativeResult.Handle
                : leg >= MaxLegs || payloadType > MaxPayloadType ? NativeResult.Malformed
                : ResultOf(writer.WriteFrame((int)leg, (int)payloadType, sequence, timestamp, new ReadOnlySpan<byte>(payload, (int)size)));
        }
#pragma warning disable CA1031 // Whatever it is, it must not cross into C.
        catch (Exception)
#pragma warning restore CA1031
        {
            return NativeResult.Internal;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "zk_call_mask_begin")]
    public static NativeResult BeginMask(ulong call, uint legs, int reason) =>
        Mask(call, legs, reason, static (writer, gap, masked) => writer.BeginMask(gap, masked));

    [UnmanagedCallersOnly(EntryPoint = "zk_call_mask_arm")]
    public static NativeResult ArmMask(ulong call, uint legs, int reason) =>
        Mask(call, legs, reason, static (writer, gap, masked) => writer.ArmMask(gap, masked));

    [UnmanagedCallersOnly(EntryPoint = "zk_call_mask_end")]
    public static NativeResult EndMask(ulong call) => With(Calls.Find(call), static writer => writer.EndMask());

    [UnmanagedCallersOnly(EntryPoint = "zk_call_complete")]
    public static NativeResult Complete(ulong call) => With(Calls.Remove(call), static writer => writer.Complete());

    [UnmanagedCallersOnly(EntryPoint = "zk_call_discard")]
    public static NativeResult Discard(ulong call) => With(Calls.Remove(call), static writer => writer.Discard());

    private static NativeResult With(CallWriter? writer, Action<CallWriter> action) => Guard.Run(() =>
    {
        if (writer is null)
        {
            return Guard.BadHandle();
        }

        action(writer);
        return NativeResult.Ok;
    });

    private static NativeResult Mask(ulong call, uint legs, int reason, Action<CallWriter, GapReason, int[]> mask)
    {
        if (legs > AllLegs || reason is not ((int)GapReason.Masked or (int)GapReason.Paused))
        {
            return Guard.Fail(NativeResult.Argument, "legs has a bit above 14, or the reason is none of zk_mask_reason.");
        }

        int[] numbers = [.. Enumerable.Range(0, MaxLegs).Where(leg => (legs >> leg & 1) != 0)];
        return With(Calls.Find(call), writer => mask(writer, (GapReason)reason, numbers));
    }

    private static NativeResult ResultOf(WriteResult result) => result switch
    {
        WriteResult.Accepted => NativeResult.Ok,
        WriteResult.Masked => NativeResult.Masked,
        WriteResult.Dropped => NativeResult.Dropped,
        WriteResult.Ended => NativeResult.Ended,
        WriteResult.Malformed => NativeResult.Malformed,
        _ => NativeResult.Internal,
    };

    private static CallMetadata Metadata(in NativeCallInfo info)
    {
        Check(info.LegCount is >= 1 and <= MaxLegs && info.Legs is not null, "A call has 1 to 15 legs.");
        Check(info.TagCount <= MaxTags && (info.TagCount == 0 || info.Tags is not null), "tags is NULL, or tag_count over 1,000.");
        List<Leg> legs = [];
        List<Party> parties = [];
        for (int i = 0; i < info.LegCount; i++)
        {
            ref readonly NativeLeg leg = ref info.Legs[i];
            legs.Add(LegOf(leg));
            if (leg.Name is not null || leg.Address is not null)
            {
                parties.Add(new Party(i, NativeText.Optional(leg.Name, "name") ?? "", NativeText.Optional(leg.Address, "address") ?? ""));
            }
        }

        Dictionary<string, string> tags = [];
        for (int i = 0; i < info.TagCount; i++)
        {
            tags[NativeText.Required(info.Tags[i].Key, "key")] = NativeText.Required(info.Tags[i].Value, "value");
        }

        return new CallMetadata { CallId = NativeText.Required(info.CallId, "call_id"), Legs = legs, Parties = parties, Tags = tags };
    }

    private static Leg LegOf(in NativeLeg leg)
    {
        Check(leg.PayloadTypeCount is >= 1 and <= MaxPayloadTypes && leg.PayloadTypes is not null, "A leg has 1 to 16 payload types.");
        List<PayloadType> types = [];
        for (int i = 0; i < leg.PayloadTypeCount; i++)
        {
            NativePayloadType type = leg.PayloadTypes[i];
            Check(type is { Number: <= MaxPayloadType, ClockRate: <= int.MaxValue, Channels: <= byte.MaxValue }, "A payload type's number, clock rate or channels are out of range.");
            types.Add(new PayloadType((int)type.Number, NativeText.Required(type.Codec, "codec"), (int)type.ClockRate, (int)type.Channels));
        }

        return new Leg(NativeText.Required(leg.Label, "label"), types);
    }

    private static void Check(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
