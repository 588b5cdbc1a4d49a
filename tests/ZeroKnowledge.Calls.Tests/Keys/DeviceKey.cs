using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>A key as an HSM has it: it agrees on secrets, one at a time, and gives nothing else of itself.</summary>
internal sealed class DeviceKey : ECDiffieHellman
{
    private readonly ECDiffieHellman _inside = Create(ECCurve.NamedCurves.nistP256);
    private int _busy;

    public int Agreements { get; private set; }

    /// <summary>Thrown in the place of an agreement, and of the public key.</summary>
    public Exception? Fault { get; set; }

    /// <summary>How many bytes of the agreement it gives.</summary>
    public int AgreementSize { get; set; } = 32;

    public override ECDiffieHellmanPublicKey PublicKey => _inside.PublicKey;

    public override ECParameters ExportParameters(bool includePrivateParameters) =>
        includePrivateParameters ? throw new CryptographicException("The key is not exportable.") : Fault is null ? _inside.ExportParameters(false) : throw Fault;

    public override byte[] DeriveRawSecretAgreement(ECDiffieHellmanPublicKey otherPartyPublicKey)
    {
        Assert.Equal(0, Interlocked.Exchange(ref _busy, 1));
        try
        {
            Agreements++;
            return Fault is null ? [.. _inside.DeriveRawSecretAgreement(otherPartyPublicKey).Concat(new byte[32]).Take(AgreementSize)] : throw Fault;
        }
        finally
        {
            _busy = 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _inside.Dispose();
        base.Dispose(disposing);
    }
}
