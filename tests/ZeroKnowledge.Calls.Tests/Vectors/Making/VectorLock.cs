using System.Buffers.Binary;
using System.Text;
using NSec.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A locked identity with a salt that is random only in appearance, and whatever memory and passes.</summary>
internal sealed class VectorLock
{
    public const string Right = "Sieben Zwerge, ein Apfel ☎";

    private VectorLock(string prefix, byte[] bytes, string? passphrase) => (Text, Passphrase) = (Bech32.Encode(prefix, bytes), passphrase);

    public string Text { get; }

    /// <summary>What the reader is given.</summary>
    public string? Passphrase { get; }

    public static VectorLock Of(VectorReader identity, uint memory = 65_536, byte passes = 1, string? passphrase = Right, Action<byte[]>? edit = null) =>
        Of(identity.Seed, "ZKC-LOCKED-IDENTITY-", isP256: false, memory, passes, passphrase, edit);

    public static VectorLock Of(byte[] secret, string prefix, bool isP256, uint memory = 65_536, byte passes = 1, string? passphrase = Right, Action<byte[]>? edit = null)
    {
        byte[] bytes = new byte[113];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, memory);
        bytes[4] = passes;
        VectorKeys.Secret("salt").AsSpan(0, 16).CopyTo(bytes.AsSpan(5));
        Argon2Parameters parameters = new() { DegreeOfParallelism = 1, MemorySize = memory, NumberOfPasses = passes };
        byte[] key = PasswordBasedKeyDerivationAlgorithm.Argon2id(parameters).DeriveBytes(Encoding.UTF8.GetBytes(Right), bytes.AsSpan(5, 16), 32);
        if (isP256)
        {
            key = KeyDerivationAlgorithm.HkdfSha256.Expand(key, "zkc1 locked p256"u8, 32);
        }

        VectorForge.Sealed(0).SealMessage(key, secret).CopyTo(bytes.AsSpan(21));
        edit?.Invoke(bytes);
        return new VectorLock(prefix, bytes, passphrase);
    }
}
