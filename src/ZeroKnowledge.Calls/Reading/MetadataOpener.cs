using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Opens the metadata records, after a statement was found to cover them.</summary>
internal static class MetadataOpener
{
    /// <returns>Null if it does not open or is not canonical.</returns>
    public static CallMetadata? Opening(RecordingHeader header, RecordingKeys keys, RecordingParts parts) =>
        Open(header.Suite, keys.OpeningKey, parts.OpeningRecord.Span, Format.OpeningPadded, MetadataRecord.ReadOpening);

    /// <returns>Null if it does not open or is not canonical.</returns>
    public static CallSummary? Closing(RecordingHeader header, RecordingKeys keys, RecordingParts parts) =>
        Open(header.Suite, keys.ClosingKey, parts.ClosingRecord.Span, Format.ClosingPadded, MetadataRecord.ReadClosing);

    private static T? Open<T>(Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored, int size, Func<ReadOnlySpan<byte>, T?> read)
        where T : class
    {
        Span<byte> padded = stackalloc byte[size];
        T? result = Sealing.TryOpen(suite, key, stored, padded) ? read(padded) : null;
        CryptographicOperations.ZeroMemory(padded);
        return result;
    }
}
