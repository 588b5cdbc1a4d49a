using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>P-256 keys: strings, PEM, points and numbers that are none, devices. Vectors of RFC 9180 are in <see cref="PublishedVectorTests"/>.</summary>
public sealed class P256Tests : IDisposable
{
    private const string Passphrase = "fünf weiße Mäuse";
    private const string Order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

    private readonly TemporaryDirectory _directory = new();
    private readonly Identity _identity = Identity.GenerateP256();

    public void Dispose()
    {
        _identity.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Strings_OfAP256Identity_AreOfTheFormatsForm()
    {
        string secret = _identity.ExportSecret(), recipient = _identity.Recipient.ToString();
        Assert.Matches("^ZKC-P256-IDENTITY-1[02-9AC-HJ-NP-Z]{58}$", secret);
        Assert.Matches("^zkcp2561[02-9ac-hj-np-z]{110}$", recipient);
        using Identity again = Identity.Parse(secret);
        Assert.Equal(_identity.Recipient, again.Recipient);
        Assert.Equal(_identity.Recipient, Recipient.Parse(recipient));
        Assert.True(again.Recipient.IsClassical);
        Assert.Throws<FormatException>(() => Recipient.Parse(secret));
        Assert.Throws<FormatException>(() => Identity.Parse(recipient));
        Assert.Throws<FormatException>(() => Recipient.Parse(recipient.ToUpperInvariant()));
        Assert.Throws<FormatException>(() => Recipient.Parse(recipient[..^1] + (recipient[^1] == 'q' ? 'p' : 'q')));
    }

    [Fact]
    public void Save_OfAP256Identity_IsLockedAndLoadedAsAnyOther()
    {
        string path = _directory.File("identity.txt");
        _identity.Save(path, Passphrase);
        Assert.Matches("^# recipient: zkcp2561[^\n]*\nZKC-LOCKED-P256-IDENTITY-1[02-9AC-HJ-NP-Z]+\n$", File.ReadAllText(path));
        using Identity loaded = Identity.Load(path, Passphrase);
        Assert.Equal(_identity.Recipient, loaded.Recipient);
        Assert.Throws<PassphraseException>(() => Identity.Load(path));
        Assert.Throws<PassphraseException>(() => Identity.Load(path, "fuenf weisse Maeuse"));
    }

    public static TheoryData<string> NoPoints
    {
        get
        {
            using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
            ECPoint q = key.ExportParameters(false).Q;
            string x = Convert.ToHexString(q.X!), y = Convert.ToHexString(q.Y!), zero = new('0', 64);
            string otherY = Convert.ToHexString([.. q.Y![..^1], (byte)(q.Y![^1] ^ 1)]);
            // The last two: x is the field's prime, under the y of x = 0; the point at infinity, padded.
            return
            [
                "04" + x + otherY, "02" + x + y, "06" + x + y, "00" + x + y, "04" + y + x, "04" + x + zero,
                "04FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF66485C780E2F83D72433BD5D84A06BB6541C2AF31DAE871728BF856A174F93F4", "04" + zero + zero, "00" + zero + zero,
            ];
        }
    }

    [Theory]
    [MemberData(nameof(NoPoints))]
    public void PublicKey_ThatIsNoPointOfTheCurve_IsRefusedEverywhere(string hex)
    {
        byte[] point = Convert.FromHexString(hex), shared = new byte[32], enc = new byte[P256.PublicKeySize], wrapped = new byte[Kem.WrappedSize(StanzaKind.P256)];
        Assert.Contains("not a public key of P-256", Assert.Throws<FormatException>(() => Recipient.Parse(Bech32.Encode("zkcp256", point))).Message, StringComparison.Ordinal);
        Assert.False(P256.TryEncapsulate(point, enc, shared));
        point.CopyTo(wrapped, 0);
        Assert.False(_identity.TryUnwrap([], wrapped, new byte[32]));
        Assert.Equal(new byte[32], shared);
    }

    [Fact]
    public void PublicKey_OfAnotherLength_IsRefused()
    {
        foreach (int size in (int[])[0, 1, 33, 64, 66, 97])
        {
            Assert.Null(P256.ImportPublicKey(new byte[size]));
            Assert.Throws<FormatException>(() => Recipient.Parse(Bech32.Encode("zkcp256", [4, .. new byte[size]])));
        }

        // A share wrapped to an X-Wing key is none for this one.
        Assert.False(_identity.TryUnwrap([], new byte[KeyShares.WrappedSize], new byte[32]));
    }

    [Fact]
    public void Secret_ThatIsNoPrivateKey_IsRefused()
    {
        byte[] order = Convert.FromHexString(Order), last = [.. order[..^1], (byte)(order[^1] - 1)];
        foreach (byte[] none in (byte[][])[new byte[32], order, [.. Enumerable.Repeat((byte)0xff, 32)]])
        {
            Assert.Throws<FormatException>(() => Identity.Parse(Bech32.Encode("ZKC-P256-IDENTITY-", none)));
        }

        using Identity one = Identity.Parse(Bech32.Encode("ZKC-P256-IDENTITY-", [.. new byte[31], 1])), greatest = Identity.Parse(Bech32.Encode("ZKC-P256-IDENTITY-", last));
        // G and −G.
        Assert.Equal(one.Recipient.PublicKey[1..33].ToArray(), greatest.Recipient.PublicKey[1..33].ToArray());
        Assert.NotEqual(one.Recipient, greatest.Recipient);
    }

    [Fact]
    public void FromPem_OfAP256PublicKey_IsTheRecipient()
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        string pem = key.ExportSubjectPublicKeyInfoPem();
        using Identity identity = Identity.Of(key);
        Assert.Equal(identity.Recipient, Recipient.FromPem(pem));
        Assert.Equal(identity.Recipient, Recipient.FromPem($"Bag Attributes\n{pem.ReplaceLineEndings("\r\n")}\n"));
    }

    [Fact]
    public void FromPem_OfAnythingElse_IsRefusedWithoutItsBytes()
    {
        using ECDiffieHellman key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256), other = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP384);
        using RSA rsa = RSA.Create(2048);
        byte[] spki = key.ExportSubjectPublicKeyInfo();
        byte[] compressed = [0x30, 0x39, .. spki[2..23], 0x03, 0x22, 0x00, (byte)(2 + (spki[^1] & 1)), .. spki[27..59]];
        byte[] infinity = [0x30, 0x19, .. spki[2..23], 0x03, 0x02, 0x00, 0x00];
        byte[] offCurve = [.. spki[..^1], (byte)(spki[^1] ^ 1)];
        foreach (string pem in (string[])
            ["", "hunter2", key.ExportPkcs8PrivateKeyPem(), other.ExportSubjectPublicKeyInfoPem(), rsa.ExportSubjectPublicKeyInfoPem(),
                Pem(compressed), Pem(infinity), Pem(offCurve), Pem([.. spki, 0]), Pem(spki[..^1]), Pem([]),
                Pem(spki) + "\n" + Pem(spki), Pem(spki) + "\n" + key.ExportPkcs8PrivateKeyPem(), "-----BEGIN PUBLIC KEY-----\n?\n-----END PUBLIC KEY-----\n" + Pem(spki)])
        {
            FormatException refusal = Assert.Throws<FormatException>(() => Recipient.FromPem(pem));
            Assert.StartsWith("A P-256 public key in PEM is expected", refusal.Message, StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(() => Identity.Of(other));

        static string Pem(byte[] der) => PemEncoding.WriteString("PUBLIC KEY", der);
    }

    [Fact]
    public void Identity_OfADevice_OpensAndGivesNothingAway()
    {
        using DeviceKey device = new();
        using Identity identity = Identity.Of(device);
        byte[] key = RandomNumberGenerator.GetBytes(32), wrapped = new byte[Kem.WrappedSize(StanzaKind.P256)], opened = new byte[32];
        Assert.True(Hpke.TryWrap(StanzaKind.P256, identity.Recipient.PublicKey, "info"u8, key, wrapped));
        // One at a time, whatever the threads: the device itself asserts it.
        Parallel.For(0, 32, _ => Assert.True(identity.TryUnwrap("info"u8, wrapped, new byte[32])));
        Assert.True(identity.TryUnwrap("info"u8, wrapped, opened));
        Assert.Equal(key, opened);
        Assert.Equal(33, device.Agreements);
        Assert.False(identity.TryUnwrap("else"u8, wrapped, opened));
        Assert.Throws<InvalidOperationException>(identity.ExportSecret);
        Assert.Throws<InvalidOperationException>(() => identity.Save(_directory.File("device.txt"), Passphrase));
        Assert.False(File.Exists(_directory.File("device.txt")));
    }

    // "None of the recipients" would be wrong: the key is the right one.
    [Fact]
    public void Identity_OfADeviceThatFails_SaysSo()
    {
        using DeviceKey device = new();
        using Identity identity = Identity.Of(device);
        byte[] wrapped = new byte[Kem.WrappedSize(StanzaKind.P256)];
        Assert.True(Hpke.TryWrap(StanzaKind.P256, identity.Recipient.PublicKey, [], new byte[32], wrapped));
        foreach (Exception fault in (Exception[])[new CryptographicException("PIN is missing"), new NotSupportedException("PIN is missing"), new NotImplementedException("PIN is missing")])
        {
            device.Fault = fault;
            CallRecordingException failure = Assert.Throws<CallRecordingException>(() => identity.TryUnwrap([], wrapped, new byte[32]));
            Assert.Contains("PIN is missing", failure.Message, StringComparison.Ordinal);
            Assert.Same(fault, Assert.Throws<CallRecordingException>(() => Identity.Of(device)).InnerException);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void Identity_OfADeviceThatGivesNoCoordinate_SaysSo(int size)
    {
        using DeviceKey device = new() { AgreementSize = size };
        using Identity identity = Identity.Of(device);
        byte[] wrapped = new byte[Kem.WrappedSize(StanzaKind.P256)];
        Assert.True(Hpke.TryWrap(StanzaKind.P256, identity.Recipient.PublicKey, [], new byte[32], wrapped));

        CallRecordingException failure = Assert.Throws<CallRecordingException>(() => identity.TryUnwrap([], wrapped, new byte[32]));

        Assert.Contains($"gave {size} bytes", failure.Message, StringComparison.Ordinal);
    }
}
