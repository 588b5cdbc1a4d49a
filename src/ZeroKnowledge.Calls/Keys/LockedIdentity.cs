using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using NSec.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>An identity under a passphrase: <c>ZKC-LOCKED-IDENTITY-1…</c>, <c>ZKC-LOCKED-P256-IDENTITY-1…</c> (docs/FORMAT.md, section 10).</summary>
internal static class LockedIdentity
{
    private const int MemoryKiB = 262_144;
    private const int Passes = 3;
    private const int MinMemoryKiB = 65_536;
    private const int MaxMemoryKiB = 1_048_576;
    private const int MaxPasses = 10;
    private const int MaxPassphrase = 1_024;
    private const int SaltOffset = 5;
    private const int SaltSize = 16;
    private const int SealedOffset = SaltOffset + SaltSize;
    private const int Size = SealedOffset + 12 + Format.CommitmentZeros + Kem.SecretSize + 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether a line is meant to be one: then it is refused as one.</summary>
    public static bool Is(ReadOnlySpan<char> text) => Kem.Begins(text, Kem.LockedPrefix(Kem.KindOf(text)));

    /// <summary>The passphrase's bytes; the caller wipes them.</summary>
    /// <exception cref="ArgumentException">It is not 1 to 1,024 bytes of UTF-8.</exception>
    public static byte[] Encode(ReadOnlySpan<char> passphrase)
    {
        // The message of the encoder's own exception would hold a character of it.
        int size = passphrase.Length > MaxPassphrase ? int.MaxValue : CountBytes(passphrase);
        if (size is 0 or > MaxPassphrase)
        {
            throw new ArgumentException("A passphrase has 1 to 1,024 bytes of UTF-8.", nameof(passphrase));
        }

        byte[] bytes = new byte[size];
        Utf8.GetBytes(passphrase, bytes);
        return bytes;
    }

    public static string Lock(StanzaKind kind, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> passphrase)
    {
        Span<byte> locked = stackalloc byte[Size];
        BinaryPrimitives.WriteUInt32BigEndian(locked, MemoryKiB);
        locked[4] = Passes;
        SystemRandom.Fill(locked.Slice(SaltOffset, SaltSize));
        Span<byte> key = stackalloc byte[Format.KeySize];
        try
        {
            DeriveKey(kind, locked, passphrase, key);
            Sealing.Seal(Suite.Aes256Gcm, key, secret).CopyTo(locked[SealedOffset..]);
            return Bech32.Encode(Kem.LockedPrefix(kind), locked);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>Opens one; the caller wipes the secret.</summary>
    /// <exception cref="FormatException">It is mistyped, or asks for more or less work than may be.</exception>
    /// <exception cref="PassphraseException">The passphrase is wrong.</exception>
    public static void Unlock(ReadOnlySpan<char> text, ReadOnlySpan<byte> passphrase, Span<byte> secret)
    {
        Span<byte> locked = stackalloc byte[Size];
        StanzaKind kind = Kem.KindOf(text);
        string prefix = Kem.LockedPrefix(kind);
        if (!Bech32.TryDecode(text, prefix, locked))
        {
            throw KeyText.Refused(text, prefix);
        }

        uint memory = BinaryPrimitives.ReadUInt32BigEndian(locked);
        if (memory is < MinMemoryKiB or > MaxMemoryKiB || locked[4] is 0 or > MaxPasses)
        {
            throw new FormatException("A locked identity is derived with 64 MiB to 1 GiB of memory in 1 to 10 passes; this one asks for something else.");
        }

        Span<byte> key = stackalloc byte[Format.KeySize];
        try
        {
            DeriveKey(kind, locked, passphrase, key);
            if (!Sealing.TryOpen(Suite.Aes256Gcm, key, locked[SealedOffset..], secret))
            {
                throw new PassphraseException("The passphrase is wrong, or the identity was altered.");
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static void DeriveKey(StanzaKind kind, ReadOnlySpan<byte> locked, ReadOnlySpan<byte> passphrase, Span<byte> key)
    {
        Argon2Parameters parameters = new()
        {
            DegreeOfParallelism = 1,
            MemorySize = BinaryPrimitives.ReadUInt32BigEndian(locked),
            NumberOfPasses = locked[4],
        };
        try
        {
            PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(passphrase, locked.Slice(SaltOffset, SaltSize), key);
            if (kind == StanzaKind.P256)
            {
                // Else one kind's secret would open as the other's, under another prefix.
                KeySchedule.LockedP256(key);
            }
        }
        catch (CryptographicException e)
        {
            // The only thing that fails, once the parameters are right.
            throw new CallRecordingException($"Deriving a key from a passphrase takes {parameters.MemorySize / 1_024:N0} MiB of memory, which the system does not give.", e);
        }
    }

    private static int CountBytes(ReadOnlySpan<char> passphrase)
    {
        try
        {
            return Utf8.GetByteCount(passphrase);
        }
        catch (EncoderFallbackException)
        {
            return 0;
        }
    }
}
