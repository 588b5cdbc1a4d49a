using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>What a share belongs to: "zkc1 share" ‖ core id ‖ version u32 ‖ group u8 ‖ x u8. The HPKE info of its wrapping, and what its hash binds it to.</summary>
internal static class ShareContext
{
    public const int Size = 10 + CoreId.Size + 4 + 1 + 1;

    public static void Write(Span<byte> info, CoreId coreId, uint version, int group, int x)
    {
        "zkc1 share"u8.CopyTo(info);
        coreId.CopyTo(info[10..]);
        BinaryPrimitives.WriteUInt32BigEndian(info[42..], version);
        info[46] = (byte)group;
        info[47] = (byte)x;
    }

    /// <summary>Names the holder of a bad share: SHA-256(context ‖ share).</summary>
    public static void Hash(ReadOnlySpan<byte> context, ReadOnlySpan<byte> share, Span<byte> hash)
    {
        Span<byte> input = stackalloc byte[Size + Format.KeySize];
        context.CopyTo(input);
        share.CopyTo(input[Size..]);
        SHA256.HashData(input, hash);
        CryptographicOperations.ZeroMemory(input);
    }
}
