using System.Buffers;
using System.Buffers.Binary;
using ArchiveService.Recordings;
using Google.Protobuf;
using ZeroKnowledge.Calls;

namespace ArchiveService.Storage;

/// <summary>
/// What is stored under a core id: a recording, or the tombstone that is left of one. The number of chunks is not in it: leaf hashes
/// count themselves, so a chunk writes no row.
/// </summary>
internal static class Row
{
    private const byte Recording = 1;
    private const byte Tombstone = 2;

    [Flags]
    private enum Flags : byte
    {
        None = 0,
        Sealed = 1,
        Forked = 2,
        Recovery = 4,
    }

    public static bool IsTombstone(ReadOnlySpan<byte> row) => row[0] == Tombstone;

    public static byte[] Encode(StoredState state)
    {
        Statement? recovery = state.Recovery;
        Flags flags = (state.IsSealed ? Flags.Sealed : 0) | (state.IsForked ? Flags.Forked : 0) | (recovery is null ? 0 : Flags.Recovery);
        var row = new ArrayBufferWriter<byte>(1024);
        row.Write([Recording, .. Key.Number(state.Number), (byte)flags, checked((byte)state.Recoveries)]);
        row.Write(state.Header.ToArray());
        row.Write(state.OpeningHash);
        row.Write(state.NewestLive.ToArray());
        if (recovery is not null)
        {
            row.Write(recovery.ToArray());
        }

        row.Write([checked((byte)state.Receipt.Length)]);
        row.Write(state.Receipt.Span);
        row.Write(state.LivePeaks);
        return row.WrittenSpan.ToArray();
    }

    /// <summary>Reads a recording's row; its chunks above the live count are not counted yet.</summary>
    /// <exception cref="InvalidDataException">The row is damaged.</exception>
    public static StoredState Decode(ReadOnlySpan<byte> row)
    {
        var reader = new Reader(row);
        if (reader.Byte() != Recording)
        {
            throw new InvalidDataException("A row of the archive is not a recording.");
        }

        ulong number = BinaryPrimitives.ReadUInt64BigEndian(reader.Bytes(8));
        var flags = (Flags)reader.Byte();
        byte recoveries = reader.Byte();
        if (!RecordingHeader.TryParse(reader.Bytes(RecordingHeader.Size), out RecordingHeader? header, out string? fault))
        {
            throw new InvalidDataException($"A stored header is damaged: {fault}");
        }

        byte[] openingHash = reader.Bytes(MerkleTree.HashSize).ToArray();
        Statement newest = Statement(reader.Bytes(ZeroKnowledge.Calls.Statement.Size));
        Statement? recovery = flags.HasFlag(Flags.Recovery) ? Statement(reader.Bytes(ZeroKnowledge.Calls.Statement.Size)) : null;
        ByteString receipt = ByteString.CopyFrom(reader.Bytes(reader.Byte()));
        if (!MerklePeaks.TryParse(reader.Rest, out MerklePeaks? peaks, out fault) || peaks.Count != newest.ChunkCount)
        {
            throw new InvalidDataException($"A stored tree is damaged: {fault}");
        }

        return new StoredState(number, header, openingHash, newest, peaks)
        {
            IsSealed = flags.HasFlag(Flags.Sealed),
            IsForked = flags.HasFlag(Flags.Forked),
            Recoveries = recoveries,
            Recovery = recovery,
            Receipt = receipt,
        };
    }

    public static byte[] EncodeTombstone(ulong number, ReadOnlySpan<byte> certificate) =>
        [Tombstone, .. Key.Number(number), .. certificate];

    public static (ulong Number, byte[] Certificate) DecodeTombstone(ReadOnlySpan<byte> row) =>
        (Key.NumberOf(row[1..]), row[(1 + Key.NumberSize)..].ToArray());

    public static Statement Statement(ReadOnlySpan<byte> bytes) =>
        ZeroKnowledge.Calls.Statement.TryParse(bytes, out Statement? statement, out string? fault)
            ? statement
            : throw new InvalidDataException($"A stored statement is damaged: {fault}");

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        public ReadOnlySpan<byte> Rest { get; private set; } = bytes;

        public byte Byte() => Bytes(1)[0];

        public ReadOnlySpan<byte> Bytes(int count)
        {
            if (count > Rest.Length)
            {
                throw new InvalidDataException("A row of the archive is cut short.");
            }

            ReadOnlySpan<byte> taken = Rest[..count];
            Rest = Rest[count..];
            return taken;
        }
    }
}
