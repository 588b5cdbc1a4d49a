namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>
/// Pads an envelope so that all of it lies in overflow pages of its row, which it fills to the last byte (docs/REGISTER.md, "Why envelopes are padded").
/// </summary>
/// <remarks>
/// When SQLite balances its tree it copies rows from leaf to leaf, and does not overwrite what stays behind in the free space of the old leaf,
/// <c>secure_delete</c> or not: an envelope in a leaf could outlive its own deletion. Overflow pages are never copied, and are overwritten when they are freed.
/// </remarks>
internal static class EnvelopeLayout
{
    /// <summary>The page size that the arithmetic below is for, in bytes.</summary>
    public const int PageSize = 4_096;

    /// <summary>Zeros before the envelope: the part of a row that SQLite leaves in the leaf when the rest fills its overflow pages (file format, section 1.6, "M").</summary>
    public const int Lead = ((PageSize - 12) * 32 / 255) - 23;

    private const int PerOverflowPage = PageSize - 4;

    public static byte[] Pad(ReadOnlySpan<byte> envelope)
    {
        int pages = 1;
        while (SizeFor(pages) < Lead + envelope.Length)
        {
            pages++;
        }

        byte[] padded = new byte[SizeFor(pages)];
        envelope.CopyTo(padded.AsSpan(Lead));
        return padded;
    }

    /// <summary>The envelope in what <see cref="Pad"/> made, or nothing if it is not that.</summary>
    public static ReadOnlySpan<byte> Unpad(ReadOnlySpan<byte> padded, long size) =>
        size > 0 && size <= padded.Length - Lead ? padded.Slice(Lead, (int)size) : [];

    // A row is: its head's size (1 byte), the type of the integer key (1), the type of the blob (2 bytes while 2·size + 12 < 2^14, else 3), the blob.
    private static int SizeFor(int pages)
    {
        int row = Lead + (pages * PerOverflowPage);
        return (2 * (row - 4)) + 12 < 1 << 14 ? row - 4 : row - 5;
    }
}
