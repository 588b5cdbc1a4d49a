using System.Buffers;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Opens stored chunks with a recording's keys. Used by one thread at a time.</summary>
internal sealed class ChunkOpener(RecordingHeader header, RecordingKeys keys)
{
    /// <returns>Null if there is no key for the chunk.</returns>
    /// <exception cref="TamperedException">The chunk does not open, or is not canonical; not a byte of it is released.</exception>
    public ParsedPayload? Open(int index, ReadOnlySpan<byte> stored)
    {
        Span<byte> key = stackalloc byte[Format.KeySize];
        if (!keys.TryChunkKey(index, key))
        {
            return null;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(header.PayloadSize);
        Span<byte> payload = rented.AsSpan(0, header.PayloadSize);
        try
        {
            if (!Sealing.TryOpen(header.Suite, key, stored, payload))
            {
                throw new TamperedException(header.CoreId, index, "it does not open under its key: altered, moved, or of another recording.");
            }

            return PayloadParser.TryParse(payload, out ParsedPayload? parsed, out string? error)
                ? parsed
                : throw new TamperedException(header.CoreId, index, $"its payload is not valid: {error}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
            CryptographicOperations.ZeroMemory(payload);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
