using System.Security.Cryptography;
using ZeroKnowledge.Calls;

namespace LiveGateway.Format;

/// <summary>Seal of docs/FORMAT.md, section 3: nonce ‖ AEAD(key, nonce, 32 zeros ‖ message).</summary>
internal static class Seal
{
    private const int Zeros = 32;

    public static byte[] Close(Suite suite, byte[] key, byte[] message)
    {
        (int nonceSize, int tagSize) = Sizes(suite);
        byte[] nonce = RandomNumberGenerator.GetBytes(nonceSize);
        byte[] padded = [.. new byte[Zeros], .. message];
        byte[] sealedMessage = new byte[padded.Length + tagSize];
        if (suite == Suite.Aegis256)
        {
            Sodium.EncryptAegis(key, nonce, padded, sealedMessage);
        }
        else
        {
            using AesGcm aes = new(key, tagSize);
            aes.Encrypt(nonce, padded, sealedMessage.AsSpan(..^tagSize), sealedMessage.AsSpan(^tagSize..));
        }

        return [.. nonce, .. sealedMessage];
    }

    /// <exception cref="CryptographicException">It does not open.</exception>
    public static byte[] Open(Suite suite, byte[] key, ReadOnlySpan<byte> stored)
    {
        (int nonceSize, int tagSize) = Sizes(suite);
        byte[] nonce = stored[..nonceSize].ToArray();
        byte[] sealedMessage = stored[nonceSize..].ToArray();
        byte[] padded = new byte[sealedMessage.Length - tagSize];
        if (suite == Suite.Aegis256)
        {
            if (!Sodium.DecryptAegis(key, nonce, sealedMessage, padded))
            {
                throw new CryptographicException("The tag is wrong.");
            }
        }
        else
        {
            using AesGcm aes = new(key, tagSize);
            aes.Decrypt(nonce, sealedMessage.AsSpan(..^tagSize), sealedMessage.AsSpan(^tagSize..), padded);
        }

        return padded[Zeros..];
    }

    private static (int Nonce, int Tag) Sizes(Suite suite) => suite == Suite.Aegis256 ? (32, 32) : (12, 16);
}
