using System.Buffers.Binary;

namespace ArchiveService;

/// <summary>What a tenant uses, or a change of it. Written in the batch that changes it, so that it is never counted anew.</summary>
/// <param name="Recordings">Recordings stored.</param>
/// <param name="Bytes">Bytes of their opening records and chunks.</param>
/// <param name="Tombstones">Tombstones.</param>
/// <param name="Readers">Readers named.</param>
internal readonly record struct TenantUse(long Recordings, long Bytes, long Tombstones, long Readers)
{
    private const int Size = 32;

    public static TenantUse operator +(TenantUse a, TenantUse b) =>
        new(a.Recordings + b.Recordings, a.Bytes + b.Bytes, a.Tombstones + b.Tombstones, a.Readers + b.Readers);

    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static TenantUse Decode(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new TenantUse(
            BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64BigEndian(bytes[16..]), BinaryPrimitives.ReadInt64BigEndian(bytes[24..]))
        : throw new InvalidDataException("A tenant's count is damaged.");

    public byte[] Encode()
    {
        var bytes = new byte[Size];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Recordings);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), Bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), Tombstones);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(24), Readers);
        return bytes;
    }
}
