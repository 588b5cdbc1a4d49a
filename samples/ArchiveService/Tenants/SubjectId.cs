using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ArchiveService;

/// <summary>Who a certificate is for, as keys and rows name it: the hash of the canonical subject, or zero for a caller on this machine without a certificate.</summary>
internal readonly record struct SubjectId(UInt128 High, UInt128 Low)
{
    public const int Size = 32;

    public static SubjectId Of(ReadOnlySpan<byte> canonical)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(canonical, hash);
        return Read(hash);
    }

    public static SubjectId Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]));

    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, High);
        BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(16), Low);
        return bytes;
    }
}
