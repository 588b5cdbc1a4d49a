using System.Buffers;
using System.Buffers.Binary;
using ArchiveService.Recordings;
using Google.Protobuf;
using ZeroKnowledge.Calls;

namespace ArchiveService.Storage;

/// <summary>
/// What is stored of a recording, or the tombstone that is left of one. The number of chunks is not in it: leaf hashes
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

    public static byte[] Encode(StoredState state)
    {
        Statement? recovery = state.Recovery;
        Flags flags = (state.IsSealed ? Flags.Sealed : 0) | (state.Conflict is null ? 0 : Flags.Forked) | (recovery is null ? 0 : Flags.Recovery);
        var row = new ArrayBufferWriter<byte>(1024);
        row.Write([Recording, .. Key.Number(state.Number), (byte)flags, checked((byte)state.Recoveries)]);
        row.Write(state.Writer.ToArray());
        row.Write(state.Header.ToArray());
        row.Write(state.OpeningHash);
        row.Write(state.NewestLive.ToArray());
        if (recovery is not null)
        {
            row.Write(recovery.ToArray());
        }

        if (state.Conflict is { } conflict)
        {
            row.Write(conflict.ToArray());
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
        SubjectId writer = SubjectId.Read(reader.Bytes(SubjectId.Size));
        if (!RecordingHeader.TryParse(reader.Bytes(RecordingHeader.Size), out RecordingHeader? header, out string? fault))
        {
            throw new InvalidDataException($"A stored header is damaged: {fault}");
        }

        byte[] openingHash = reader.Bytes(MerkleTree.HashSize).ToArray();
        Statement newest = Statement(reader.Bytes(ZeroKnowledge.Calls.Statement.Size));
        Statement? recovery = flags.HasFlag(Flags.Recovery) ? Statement(reader.Bytes(ZeroKnowledge.Calls.Statement.Size)) : null;
        Statement? conflict = flags.HasFlag(Flags.Forked) ? Statement(reader.Bytes(ZeroKnowledge.Calls.Statement.Size)) : null;
        ByteString receipt = ByteString.CopyFrom(reader.Bytes(reader.Byte()));
        if (!MerklePeaks.TryParse(reader.Rest, out MerklePeaks? peaks, out fault) || peaks.Count != newest.ChunkCount)
        {
            throw new InvalidDataException($"A stored tree is damaged: {fault}");
        }

        return new StoredState(number, writer, header, openingHash, newest, peaks)
        {
            IsSealed = flags.HasFlag(Flags.Sealed),
            Conflict = conflict,
            Recoveries = recoveries,
            Recovery = recovery,
            Receipt = receipt,
        };
    }

    public static byte[] EncodeTombstone(ulong number, ReadOnlySpan<byte> certificate) =>
        [Tombstone, .. Key.Number(number), .. certificate];

    /// <summary>Reads a tombstone. Its number is 0 if nothing was stored.</summary>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    public static (ulong Number, byte[] Certificate) DecodeTombstone(ReadOnlySpan<byte> row) =>
        row.Length > 1 + Key.NumberSize && row[0] == Tombstone
            ? (Key.NumberOf(row[1..]), row[(1 + Key.NumberSize)..].ToArray())
            : throw new InvalidDataException("A tombstone is damaged.");

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
