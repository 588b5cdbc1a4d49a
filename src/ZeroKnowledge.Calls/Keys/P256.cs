using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>
/// DHKEM(P-256, HKDF-SHA-256) of RFC 9180, section 4.1, over the base class library's ECDH: for keys in hardware that knows nothing newer. Points are validated by
/// that library when they are imported: coordinates in range, on the curve, not the point at infinity.
/// </summary>
internal static class P256
{
    public const int PublicKeySize = 65;
    public const int SecretSize = 32;
    public const int SharedSecretSize = 32;

    private const byte Uncompressed = 4;
    private const int CoordinateSize = 32;
    private const string Oid = "1.2.840.10045.3.1.7";

    private static ReadOnlySpan<byte> SuiteId => [(byte)'K', (byte)'E', (byte)'M', Kem.P256Id >> 8, Kem.P256Id & 0xff];

    /// <summary>A new private key: 32 bytes, the caller wipes them.</summary>
    public static void Generate(Span<byte> secret)
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        ECParameters parameters = key.ExportParameters(includePrivateParameters: true);
        parameters.D.CopyTo(secret);
        CryptographicOperations.ZeroMemory(parameters.D);
    }

    /// <summary>Imports a private key: a number from 1 to the order of the curve less 1.</summary>
    /// <returns>Null for any other; else the caller disposes of it.</returns>
    public static ECDiffieHellman? ImportSecret(ReadOnlySpan<byte> secret)
    {
        // Where the collector does not move it: a copy that is left behind could not be wiped.
        byte[] d = GC.AllocateUninitializedArray<byte>(SecretSize, pinned: true);
        secret.CopyTo(d);
        try
        {
            return Import(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
        }
        finally
        {
            CryptographicOperations.ZeroMemory(d);
        }
    }

    /// <summary>Imports a public key: an uncompressed point of the curve, 0x04 ‖ x ‖ y.</summary>
    /// <returns>Null for bytes that are none; else the caller disposes of it.</returns>
    public static ECDiffieHellman? ImportPublicKey(ReadOnlySpan<byte> publicKey) => publicKey.Length != PublicKeySize || publicKey[0] != Uncompressed
        ? null
        : Import(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = publicKey.Slice(1, CoordinateSize).ToArray(), Y = publicKey[(1 + CoordinateSize)..].ToArray() },
        });

    /// <summary>Writes the uncompressed point.</summary>
    /// <returns>False for a key of another curve.</returns>
    public static bool TryExportPublicKey(ECDiffieHellman key, Span<byte> publicKey)
    {
        ECParameters parameters = key.ExportParameters(includePrivateParameters: false);
        if (!parameters.Curve.IsNamed || !IsP256(parameters.Curve.Oid) || parameters.Q.X?.Length != CoordinateSize || parameters.Q.Y?.Length != CoordinateSize)
        {
            return false;
        }

        publicKey[0] = Uncompressed;
        parameters.Q.X.CopyTo(publicKey[1..]);
        parameters.Q.Y.CopyTo(publicKey[(1 + CoordinateSize)..]);
        return true;
    }

    /// <returns>False for a public key that is not one.</returns>
    public static bool TryEncapsulate(ReadOnlySpan<byte> publicKey, Span<byte> enc, Span<byte> sharedSecret)
    {
        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return TryEncapsulate(ephemeral, publicKey, enc, sharedSecret);
    }

    /// <summary>With an ephemeral key of the caller, who never uses it again.</summary>
    public static bool TryEncapsulate(ECDiffieHellman ephemeral, ReadOnlySpan<byte> publicKey, Span<byte> enc, Span<byte> sharedSecret) =>
        TryExportPublicKey(ephemeral, enc) && TryAgree(ephemeral, publicKey, enc, publicKey, sharedSecret);

    /// <param name="key">The private key, wherever it is.</param>
    /// <param name="publicKey">Its point.</param>
    /// <param name="enc">The sender's point.</param>
    /// <param name="sharedSecret">32 bytes.</param>
    /// <returns>False if <paramref name="enc"/> is not a point of the curve: then it opens nothing.</returns>
    /// <exception cref="CryptographicException">The device refused, or gave what is not a coordinate of P-256.</exception>
    public static bool TryDecapsulate(ECDiffieHellman key, ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> enc, Span<byte> sharedSecret) =>
        TryAgree(key, enc, enc, publicKey, sharedSecret);

    private static bool TryAgree(ECDiffieHellman own, ReadOnlySpan<byte> other, ReadOnlySpan<byte> enc, ReadOnlySpan<byte> recipient, Span<byte> sharedSecret)
    {
        using ECDiffieHellman? point = ImportPublicKey(other);
        if (point is null)
        {
            return false;
        }

        using ECDiffieHellmanPublicKey otherKey = point.PublicKey;
        byte[] dh = own.DeriveRawSecretAgreement(otherKey);
        Span<byte> prk = stackalloc byte[Format.HashSize];
        try
        {
            if (dh.Length != CoordinateSize)
            {
                // A hash of the secret, or one without its leading zeros: it would open nothing, and look like somebody else's key.
                throw new CryptographicException($"The key agreement gave {dh.Length} bytes. It must give the raw shared secret, the {CoordinateSize} bytes of the x-coordinate.");
            }

            // ExtractAndExpand of RFC 9180, section 4.1.
            Hpke.LabeledExtract(SuiteId, default, "eae_prk"u8, dh, prk);
            Hpke.LabeledExpand(SuiteId, prk, "shared_secret"u8, [.. enc, .. recipient], sharedSecret);
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(dh);
            CryptographicOperations.ZeroMemory(prk);
        }
    }

    private static ECDiffieHellman? Import(ECParameters parameters)
    {
        ECDiffieHellman key = ECDiffieHellman.Create();
        try
        {
            key.ImportParameters(parameters);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }

    // Windows names the curve, and gives no number.
    private static bool IsP256(Oid curve) => curve.Value == Oid || (curve.Value is null && curve.FriendlyName is "nistP256" or "ECDSA_P256" or "ECDH_P256");
}
