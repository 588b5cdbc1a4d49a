namespace ZeroKnowledge.Calls.Tests;

/// <summary>P-256 recipients and identities. In the attacks everything is as a reader computes it that misses the fault: such a reader opens the envelope.</summary>
internal static class P256Vectors
{
    private const string Prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

    // The point with x = 0: y is a square root of the curve's b.
    private const string RootOfB = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";

    private static readonly VectorForge One = VectorForge.Sealed(1);
    private static readonly VectorCard Card = new("card");
    private static readonly VectorCard OtherCard = new("other card");
    private static readonly VectorEnvelope Right = new(One);

    public static void Add(VectorBook book)
    {
        // A point of order 2 times an odd number is itself.
        Assert.Equal(1, Card.Secret[^1] & 1);
        foreach (Suite suite in new[] { Suite.Aes256Gcm, Suite.Aegis256 })
        {
            VectorForge one = VectorForge.Sealed(1, suite: suite);
            VectorEnvelope right = new(one);
            book.Add($"p256-{(suite == Suite.Aes256Gcm ? "aes" : "aegis")}", "9, 10", "The only recipient has a P-256 key.", one, Outcome.Complete(1), identityText: Card.Text,
                envelope: new VectorEnvelope(one) { Stanzas = [right.P256(Card)] }.ToArray());
        }

        book.Add("p256-second", "9", "A P-256 recipient after an X-Wing one and another P-256 one: the envelope is classical, and opens.", One, Outcome.Complete(1), identityText: Card.Text,
            envelope: new VectorEnvelope(One) { Stanzas = [Right.XWing(VectorKeys.Active), Right.P256(OtherCard), Right.P256(Card)] }.ToArray());
        book.Add("p256-x-wing-opens", "9", "The same envelope, opened with the X-Wing key.", One, Outcome.Complete(1),
            envelope: new VectorEnvelope(One) { Stanzas = [Right.P256(OtherCard), Right.P256(Card), Right.XWing(VectorKeys.Active)] }.ToArray());
        VectorForge six = VectorForge.Sealed(6, every: 2);
        VectorGrant grant = new(six, 2, 5);
        book.AddGrant("grant-p256", "9, 11", "A grant to a P-256 key.", six, new VectorGrant(six, 2, 5) { Stanzas = [VectorEnvelope.Stanza(2, Card.Tag, Card.Wrap(grant.Info, grant.GrantKey))] }.ToArray(),
            Outcome.Range(6, 3, 3), identityText: Card.Text);

        None("stranger", "It is the envelope of another card.", Right.P256(OtherCard));
        None("info", "The wrapping is bound to another recording.", Right.P256(Card, info: new VectorEnvelope(VectorForge.Sealed(1, life: "other")).Info));
        None("tag", "The stanza has the tag of the card, and its wrapping is for another.", VectorEnvelope.Stanza(2, Card.Tag, Right.P256(OtherCard)[14..]));
        None("kind-of-tag", "An X-Wing stanza has the tag of the card.", VectorEnvelope.Stanza(1, Card.Tag, Right.XWing(VectorKeys.Active)[14..]));
        None("off-curve", "enc has another x with y = 0: a point of order 2 of another curve, which an odd private key leaves as it is.", Right.P256(Card, _ => [4, .. Bytes("2a"), .. new byte[32]], Bytes("2a")));
        None("infinity", "enc is 64 zeros after 0x04, the usual padding of the point at infinity.", Right.P256(Card, _ => [4, .. new byte[64]], new byte[32]));
        None("zeros", "enc is 65 zeros.", Right.P256(Card, _ => new byte[65], new byte[32]));
        None("x-is-prime", "The x of enc is the field's prime in the place of 0.", Right.P256(Card, _ => Convert.FromHexString("04" + Prime + RootOfB), Card.Agree(Convert.FromHexString("04" + new string('0', 64) + RootOfB))));
        None("hybrid", "enc begins with the byte of the hybrid form, 0x06 or 0x07.", Right.P256(Card, point => [(byte)(6 + (point[^1] & 1)), .. point[1..]]));
        None("compressed", "enc begins with the byte of the compressed form, and has both coordinates.", Right.P256(Card, point => [(byte)(2 + (point[^1] & 1)), .. point[1..]]));

        byte[] order = Convert.FromHexString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
        Identity("zero", "The private key is 0.", "ZKC-P256-IDENTITY-", new byte[32]);
        Identity("order", "The private key is the order of the curve.", "ZKC-P256-IDENTITY-", order);
        Identity("length", "The private key has 31 bytes.", "ZKC-P256-IDENTITY-", Card.Secret[..31]);
        Identity("point", "It is the public key under the private one's prefix.", "ZKC-P256-IDENTITY-", Card.PublicKey);
        Identity("recipient", "It is a recipient, not an identity.", "zkcp256", Card.PublicKey);
        book.AddKeys("identity-p256-case", "10", "The identity is in lower case.", "identity", identity: Card.Text.ToLowerInvariant());
        VectorLock locked = VectorLock.Of(Card.Secret, "ZKC-LOCKED-P256-IDENTITY-", isP256: true), crossed = VectorLock.Of(order, "ZKC-LOCKED-P256-IDENTITY-", isP256: true);
        VectorLock asP256 = VectorLock.Of(Card.Secret, "ZKC-LOCKED-P256-IDENTITY-", isP256: false), asXWing = VectorLock.Of(VectorKeys.Active.Seed, "ZKC-LOCKED-IDENTITY-", isP256: true);
        book.Add("identity-p256-locked", "10", "A P-256 identity under a passphrase.", One, Outcome.Complete(1), locked: locked, envelope: new VectorEnvelope(One) { Stanzas = [Right.P256(Card)] }.ToArray());
        book.AddKeys("identity-p256-locked-order", "10", "Under the passphrase is the order of the curve.", "identity", identity: crossed.Text, passphrase: crossed.Passphrase);
        book.AddKeys("identity-p256-locked-relabelled", "10", "It was locked as an X-Wing seed, and has the prefix of a P-256 identity.", "identity", identity: asP256.Text, passphrase: asP256.Passphrase);
        book.AddKeys("identity-locked-relabelled", "10", "It was locked as a P-256 identity, and has the prefix of an X-Wing one.", "identity", identity: asXWing.Text, passphrase: asXWing.Passphrase);

        void None(string name, string comment, byte[] stanza) => book.Add($"envelope-p256-{name}", "9", comment, One, new VectorOutcome { Refused = "recipient" }, Outcome.ForVerifier(Outcome.Complete(1)),
            envelope: new VectorEnvelope(One) { Stanzas = [stanza] }.ToArray(), identityText: Card.Text);

        void Identity(string name, string comment, string prefix, byte[] bytes) => book.AddKeys($"identity-p256-{name}", "10", comment, "identity", identity: Bech32.Encode(prefix, bytes));
    }

    private static byte[] Bytes(string last) => [.. new byte[31], Convert.ToByte(last, 16)];
}
