using System.Buffers;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>Seal and Open of docs/FORMAT.md, section 3: nonce ‖ AEAD(zeros(32) ‖ message) ‖ tag.</summary>
internal static class Sealing
{
    /// <summary>Where the message lies in a sealed buffer.</summary>
    public static int MessageOffset(Suite suite) => Format.NonceSize(suite) + Format.CommitmentZeros;

    /// <summary>Seals the message that already lies at <see cref="MessageOffset"/> of <paramref name="stored"/>.</summary>
    public static void SealInPlace(Suite suite, ReadOnlySpan<byte> key, Span<byte> stored, NonceBatch? nonces = null)
    {
        int nonceSize = Format.NonceSize(suite);
        Span<byte> nonce = stored[..nonceSize];
        Span<byte> body = stored[nonceSize..^Format.TagSize(suite)];
        if (nonces is null)
        {
            SystemRandom.FillNonce(nonce);
        }
        else
        {
            nonces.Fill(nonce);
        }

        body[..Format.CommitmentZeros].Clear();
        Aead.Encrypt(suite, key, nonce, body, body, stored[^Format.TagSize(suite)..]);
    }

    public static byte[] Seal(Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> message)
    {
        byte[] stored = new byte[message.Length + Format.Overhead(suite)];
        message.CopyTo(stored.AsSpan(MessageOffset(suite)));
        SealInPlace(suite, key, stored);
        return stored;
    }

    /// <summary>Copies the message out only after tag and zeros were right. False otherwise, also for a length that cannot be.</summary>
    public static bool TryOpen(Suite suite, ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored, Span<byte> message)
    {
        int nonceSize = Format.NonceSize(suite);
        if (stored.Length - Format.Overhead(suite) != message.Length)
        {
            return false;
        }

        ReadOnlySpan<byte> ciphertext = stored[nonceSize..^Format.TagSize(suite)];
        byte[] rented = ArrayPool<byte>.Shared.Rent(ciphertext.Length);
        Span<byte> body = rented.AsSpan(0, ciphertext.Length);
        try
        {
            if (!Aead.TryDecrypt(suite, key, stored[..nonceSize], ciphertext, stored[^Format.TagSize(suite)..], body)
                || body[..Format.CommitmentZeros].IndexOfAnyExcept((byte)0) >= 0)
            {
                return false;
            }

            body[Format.CommitmentZeros..].CopyTo(message);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(body);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
