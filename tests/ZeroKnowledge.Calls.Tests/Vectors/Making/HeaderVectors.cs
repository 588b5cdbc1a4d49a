namespace ZeroKnowledge.Calls.Tests;

/// <summary>Headers that are wrong in one field, or whose gateway is not to be trusted.</summary>
internal static class HeaderVectors
{
    public static void Add(VectorBook book)
    {
        Refused("magic", "The magic is ZKCALLS2.", prefix: header => header[7] = (byte)'2');
        Refused("suite-0", "The suite is 0.", prefix: header => header[9] = 0);
        Refused("suite-3", "The suite is 3.", prefix: header => header[9] = 3);
        Refused("flags", "A flag is set.", prefix: header => header[11] = 1);
        Refused("tick-19", "A tick of 19 ms.", prefix: header => (header[14], header[15]) = (0, 19));
        Refused("tick-60001", "A tick of 60,001 ms.", prefix: header => (header[14], header[15]) = (0xea, 0x61));
        Refused("payload-255", "A payload of 255 bytes.", prefix: header => (header[18], header[19]) = (0, 255));
        Refused("payload-1048577", "A payload of 1,048,577 bytes.", prefix: header => (header[17], header[18], header[19]) = (0x10, 0, 1));

        VectorForge right = VectorForge.Sealed(0);
        book.Add("header-short", "5", "The header has 235 bytes.", right, Outcome.Refused("header"), header: right.Header[..^1]);
        book.Add("header-long", "5", "The header has 237 bytes.", right, Outcome.Refused("header"), header: [.. right.Header, 0]);

        NotVerified("untrusted", "13, 14", "The gateway is not on the trust list.", new VectorForge(signer: VectorKeys.OtherGateway));
        NotVerified("wrong-kind", "10, 13", "The gateway's key is on the trust list as an owner's.", new VectorForge(),
            trust: VectorKeys.Line(Bech32.Encode("zkcowner", VectorKeys.Gateway.PublicKey)) + "\n");
        NotVerified("not-yet", "10, 14", "The gateway is trusted from one second after the recording began.", new VectorForge(), trust: Valid("2026-01-01T09:00:01Z", VectorKeys.NotAfter));
        NotVerified("no-longer", "10, 14", "The gateway is trusted until the recording began: not-after is exclusive.", new VectorForge(), trust: Valid(VectorKeys.NotBefore, "2026-01-01T09:00:00Z"));
        NotVerified("no-trust", "10", "The trust list is empty.", new VectorForge(), trust: "# nobody\n");
        book.Add("header-just-trusted", "10", "The gateway is trusted for the one second in which the recording began: not-before is inclusive.", right, Outcome.Complete(0),
            trust: Valid("2026-01-01T09:00:00Z", "2026-01-01T09:00:01Z"));

        NotVerified("certificate", "5, 14", "A bit of the certificate is flipped.", new VectorForge(certified: header => header[172] ^= 1));
        NotVerified("certificate-label", "5", "The certificate is over the header without its label.",
            new VectorForge(certified: header => VectorKeys.Gateway.Sign(header[..172]).CopyTo(header, 172)));
        NotVerified("certificate-other-key", "5", "Another gateway signed the header.",
            new VectorForge(certified: header => VectorKeys.OtherGateway.Sign(Message(header)).CopyTo(header, 172)));
        NotVerified("certificate-s", "2", "S is not below the group order: the same signature in another encoding.",
            new VectorForge(certified: header => VectorSignature.AboveOrder(header[172..]).CopyTo(header, 172)));
        NotVerified("certificate-r", "2", "R is of small order, and the equation holds.",
            new VectorForge(certified: header => VectorSignature.SmallOrder(VectorKeys.Gateway, Message(header)).CopyTo(header, 172)));
        NotVerified("signing-key-changed", "5", "The signing key is another one than the certificate covers.",
            new VectorForge(certified: header => VectorKeys.OtherGateway.PublicKey.CopyTo(header, 140)));
        NotVerified("asked-for-another", "13, 14", "Another core id is asked for.", new VectorForge(), coreId: VectorForge.Sealed(0, life: "other").CoreId.ToString());

        void Refused(string name, string comment, Action<byte[]> prefix) =>
            book.Add($"header-{name}", "1, 5, 14", comment, new VectorForge(prefix: prefix).Begin().Seal(), Outcome.Refused("header"));

        void NotVerified(string name, string section, string comment, VectorForge recording, string? trust = null, string? coreId = null) =>
            book.Add($"header-{name}", section, comment, recording.Begin().Seal(), Outcome.NotVerified, trust: trust, coreId: coreId);
    }

    private static byte[] Message(byte[] header) => [.. "zkc1 header"u8, .. header[..172]];

    private static string Valid(string notBefore, string notAfter) => VectorKeys.Line(VectorKeys.GatewayText, notBefore, notAfter) + "\n";
}
