using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>What somebody can try who once held something: a header put in the place of another, an older envelope, a share in another's place.</summary>
internal static class CustodyVectors
{
    private static readonly VectorForge One = VectorForge.Sealed(1);
    private static readonly VectorEnvelope Right = new(One);
    private static readonly VectorReader Combiner = new("combiner");

    public static void Add(VectorBook book)
    {
        AddSwappedHeaders(book);
        AddVersions(book);
        AddShares(book);
    }

    // Form 2 has `control` in it, and is not asked whether it follows from the header: only the core ids hold the two together.
    private static void AddSwappedHeaders(VectorBook book)
    {
        VectorForge later = new VectorForge(keys: header => BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(36), VectorForge.BegunMs + 86_400_000)).Begin().Write(1).Seal();
        Assert.Equal(One.Header[76..108], later.Header[76..108]);
        byte[] erased = Right.PartErased((12, 0));
        NotVerified("header-swapped", "After an erasure the header was replaced by another with the same commitment, a day later, by the same gateway.", new VectorEnvelope(One) { Version = 2, Body = erased });
        NotVerified("header-swapped-core-id", "The same, and the core id in clear was made that of the new header, under a MAC that is right.", new VectorEnvelope(later) { Version = 2, Body = erased });

        void NotVerified(string name, string comment, VectorEnvelope envelope) => book.Add(
            $"envelope-{name}", "4, 9", comment, later, Outcome.NotVerified, Outcome.ForVerifier(Outcome.Complete(1)), envelope.ToArray(), coreId: later.CoreId.ToString());
    }

    private static void AddVersions(VectorBook book)
    {
        VectorForge two = VectorForge.Sealed(2);
        VectorEnvelope erased = new(two) { Version = 2, Body = new VectorEnvelope(two).PartErased((12, 1)) };
        byte[] lowered = erased.ToArray();
        lowered[13] = 1;
        book.Add("envelope-version-rolled-back", "9", "The version of an erased envelope was lowered without a new MAC.", two, Outcome.NotVerified, Outcome.ForVerifier(Outcome.Complete(2)), lowered);
        book.Add("register-newer-envelope", "9, 13", "Somebody brings the envelope from before an erasure: the register has version 2. It opens what it opened, and the reader says so.", two,
            Outcome.Complete(2) with { Finding = true }, Outcome.ForVerifier(Outcome.Complete(2)), registerEnvelope: erased.ToArray());
        book.Add("register-same-envelope", "9, 13", "The envelope is the register's.", two, Outcome.Complete(2), registerEnvelope: new VectorEnvelope(two).ToArray());
    }

    private static void AddShares(VectorBook book)
    {
        byte[] envelope = new VectorEnvelope(One) { Stanzas = [Right.Group()] }.ToArray();
        byte[] first = Right.Shares(Combiner, (1, Right.Share(1))), second = Right.Shares(Combiner, (2, Right.Share(2))), third = Right.Shares(Combiner, (3, Right.Share(3)));
        byte[] swapped = Right.Shares(Combiner, (2, Right.Share(3)));
        Shares("combined", "Two of three members handed their shares over to the combiner.", Outcome.Complete(1), first, third);
        Shares("too-few", "One of three did.", Refused, second);
        Shares("share-swapped", "The second member handed over the third one's share as his own.", Refused, first, swapped);
        Shares("share-swapped-among-enough", "The same, and enough others: the recording opens, and the reader names the member.", Outcome.Complete(1) with { Finding = true }, first, swapped, third);
        Shares("shares-swapped-in-a-file", "One file has the shares of two members under each other's number.", Refused, Right.Shares(Combiner, (1, Right.Share(2)), (2, Right.Share(1))));
        Shares("shares-of-another-version", "The shares are those of version 2.", Refused, Of(version: 2, 1), Of(version: 2, 2));
        Shares("shares-for-another", "The shares are wrapped to somebody else than the combiner.", Refused, Right.Shares(VectorKeys.Stranger, (1, Right.Share(1)), (2, Right.Share(2))));
        Shares("shares-descend", "A file of shares descends.", Outcome.Refused("shares"), Right.Shares(Combiner, (2, Right.Share(2)), (1, Right.Share(1))));
        Shares("shares-trailing", "A file of shares has a byte too many.", Outcome.Refused("shares"), [.. first, 0], second);

        void Shares(string name, string comment, VectorOutcome expected, params byte[][] files) => book.Add(
            $"group-{name}", "9", comment, One, expected, Outcome.ForVerifier(Outcome.Complete(1)), envelope, identity: Combiner, shares: files);

        static byte[] Of(uint version, byte x) => new VectorEnvelope(One) { Version = version }.Shares(Combiner, (x, Right.Share(x)));
    }

    private static VectorOutcome Refused => new() { Refused = "recipient" };
}
