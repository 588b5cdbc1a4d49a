using System.Runtime.InteropServices;

namespace ZeroKnowledge.Calls.Native;

// The structures of zkcalls.h, field by field.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeConfig
{
    public uint Size;
    public uint ArchiveCount;
    public byte** Archives;
    public byte* Spool;
    public byte* Register;
    public byte* GatewayKey;
    public byte* Recipients;
    public byte* Trust;
    public byte* ClientCertificate;
    public byte* ClientKey;
    public byte* ServerAuthorities;
    public uint TickMs;
    public uint Legs;
    public uint MaxBitRate;
    public uint MaxMaskMs;
    public uint MaxCalls;
    public uint AllowSingleRecipient;
    public ulong SpoolBytes;
    public delegate* unmanaged<void*, int, int, byte*, void> Log;
    public void* LogContext;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativePayloadType
{
    public uint Number;
    public uint ClockRate;
    public uint Channels;
    public uint Reserved;
    public byte* Codec;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeLeg
{
    public byte* Label;
    public byte* Name;
    public byte* Address;
    public NativePayloadType* PayloadTypes;
    public uint PayloadTypeCount;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeTag
{
    public byte* Key;
    public byte* Value;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct NativeCallInfo
{
    public uint Size;
    public uint LegCount;
    public byte* CallId;
    public NativeLeg* Legs;
    public NativeTag* Tags;
    public uint TagCount;
    public uint Reserved;
}

[StructLayout(LayoutKind.Sequential)]
internal struct NativeStats
{
    public uint Size;
    public uint ActiveCalls;
    public ulong SpooledBytes;
    public ulong RegisterWaiting;
    public uint SpoolFull;
    public uint ArchivesConnected;
}
