namespace ZeroKnowledge.Calls;

/// <summary>The HPKE info of an envelope's stanzas: "zkc1 envelope" ‖ core id, 45 bytes.</summary>
internal static class EnvelopeInfo
{
    public const int Size = 13 + CoreId.Size;

    public static void Write(Span<byte> info, CoreId coreId)
    {
        "zkc1 envelope"u8.CopyTo(info);
        coreId.CopyTo(info[13..]);
    }
}
