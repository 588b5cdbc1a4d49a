using static ZeroKnowledge.Calls.Tests.VectorPayload;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Statements whose signatures are right and that cannot all be true, and recoveries that do not count.</summary>
internal static class ConflictVectors
{
    public static void Add(VectorBook book)
    {
        AddForks(book);
        AddRecoveries(book);
    }

    private static void AddForks(VectorBook book)
    {
        VectorForge shared = VectorForge.Running(2, every: 2);
        VectorForge a = shared.Clone().Write(2, every: 1).Seal();
        VectorForge b = Other(shared.Clone());

        VectorForge roots = a.Clone().Add(ContainerFormat.Statement, b.Statement(StatementType.Checkpoint));
        book.Add("fork-roots", "8, 13, 14", "Two live statements of three chunks have different roots; the chunks are those of the life that was sealed.", roots, Outcome.Forked(4, 4, 4));
        VectorForge both = shared.Clone().Write(1, every: 1).Add(ContainerFormat.Statement, b.Statement(StatementType.Checkpoint));
        book.Add("fork-open", "8, 13", "The same without an end, and one chunk more that neither covers.", both.Write(1), Outcome.Forked(4, 4, 3, reason: null),
            Outcome.ForVerifier(Outcome.Forked(4, 3, 3, reason: null)));
        VectorForge neither = shared.Clone().Write(1, every: 1).Add(ContainerFormat.Statement, b.Statement(StatementType.Checkpoint));
        neither.Blocks.RemoveAll(block => block.Type == ContainerFormat.Chunk);
        neither.Blocks.AddRange(Third(shared.Clone()).Blocks.Where(block => block.Type == ContainerFormat.Chunk));
        book.Add("fork-neither", "8, 13", "Two roots of three chunks, and chunks of a third kind: those that the two lives share are released.", neither, Outcome.Forked(3, 2, 2, reason: null));

        VectorForge openings = a.Clone();
        openings.Add(ContainerFormat.Statement, a.Statement(StatementType.Checkpoint, opening: VectorKeys.Secret("opening hash")));
        book.Add("fork-openings", "8, 13", "Two live statements name different opening records: neither is released.", openings, Outcome.Forked(4, 4, 4) with { OpeningReleased = false });
        VectorForge seals = a.Clone();
        seals.Add(ContainerFormat.Statement, a.Statement(StatementType.Seal, reason: 1, closing: a.Statements[^1][128..160], time: VectorForge.BegunMs + 9000));
        book.Add("fork-seals", "8, 13", "Two seals differ in their time only.", seals, Outcome.Forked(4, 4, 4));
        VectorForge beyond = shared.Clone().Write(1).Seal();
        beyond.Write(1, every: 1);
        book.Add("fork-beyond-seal", "8, 13", "A live statement counts four chunks, the seal three; all four are there.", beyond, Outcome.Forked(4, 4, 4));
        VectorForge prefix = VectorForge.Sealed(4);
        prefix.Add(ContainerFormat.Statement, prefix.Statement(StatementType.Checkpoint, count: 2, root: VectorKeys.Secret("root")));
        book.Add("fork-prefix", "8, 13", "A checkpoint's root is not that of the first two chunks of the seal's four. Only the chunks at hand show it.",
            prefix, Outcome.Forked(4, 4, 4));
        VectorForge unknown = VectorForge.Running(2, every: 2);
        unknown.Add(ContainerFormat.Statement, b.Statement(StatementType.Checkpoint));
        book.Add("no-fork-truncated", "8, 13", "A checkpoint of three chunks of which the third is not known: it may well be this life's. Truncated, not forked.", unknown,
            Outcome.Truncated(2, 2, 2, reason: null));

        VectorForge twice = a.Clone().Add(ContainerFormat.Statement, a.Statements[^1]);
        book.Add("seal-twice", "8", "The same seal stands twice.", twice, Outcome.Complete(4));
        VectorForge again = a.Clone();
        again.Add(ContainerFormat.Statement, [.. a.Statements[^1][..160], .. VectorSignature.Another(a.Signing, a.Statements[^1][..160])]);
        book.Add("seal-two-signatures", "8", "The same seal with two signatures, both right: it says one thing.", again, Outcome.Complete(4));
        book.Add("statements-any-order", "8", "The newest statement comes first.", Reversed(a.Clone()), Outcome.Complete(4));
    }

    private static void AddRecoveries(VectorBook book)
    {
        VectorForge sealedOne = VectorForge.Sealed(2, every: 1);
        sealedOne.Recover(live: 2);
        book.Add("recovery-after-seal", "8", "A recovery is ignored when a seal is known.", sealedOne, Outcome.Complete(2) with { Finding = null }, container: sealedOne.Container());
        VectorForge r = VectorForge.Running(3, every: 3);
        AddEqualCount(book, r);
        book.Add("recovery-lower-count", "8", "A recovery is ignored when a live statement of a higher count is known.",
            VectorForge.Running(2).Recover(live: 0).Write(1).Checkpoint(), Outcome.Open(3, 3, 3, finding: null));
        book.Add("recovery-other-root", "8, 14", "A recovery of an equal count and another root conflicts: a finding, and no other state.",
            r.Clone().Add(ContainerFormat.Statement, r.Statement(StatementType.Recovery, live: 3, root: VectorKeys.Secret("root"), reason: 16)), Outcome.Open(3, 3, 3, finding: true));
        VectorForge opening = VectorForge.Running(3, every: 2);
        book.Add("recovery-other-opening", "8, 14", "A recovery of a higher count names another opening record: a finding, and it does not stand.",
            opening.Clone().Add(ContainerFormat.Statement, opening.Statement(StatementType.Recovery, live: 2, opening: VectorKeys.Secret("opening hash"), reason: 16)),
            Outcome.Open(3, 3, 2, finding: true), Outcome.ForVerifier(Outcome.Open(3, 2, 2, finding: true)));

        // The gateway attests chunks that the writer did not make: chunk 1 is another one than the writer signed.
        VectorForge honest = VectorForge.Running(2, every: 1);
        VectorForge forged = VectorForge.Running(1, every: 1);
        OtherChunk(forged, 1);
        forged.Add(ContainerFormat.Statement, honest.Statements[2]).Recover(live: 2);
        book.Add("recovery-other-chunks", "8, 13", "A recovery has the root of the chunks at hand; of these the writer signed another chunk 1. The recovery does not stand, and vouches for nothing.",
            forged, Outcome.Corrupt(2, 1, 1) with { Reason = null, ClosingReleased = false, Finding = true });
        VectorForge higher = VectorForge.Running(1, every: 1);
        OtherChunk(higher, 1).Write(1);
        higher.Add(ContainerFormat.Statement, honest.Statements[2]).Recover(live: 2);
        book.Add("recovery-other-prefix", "8, 13", "The same with a recovery of a higher count: only the chunks at hand show the conflict.",
            higher, Outcome.Corrupt(3, 1, 1) with { Reason = null, ClosingReleased = false, Finding = true });

        VectorForge two = VectorForge.Running(3, every: 2).Recover(live: 2);
        byte[] second = two.Statement(StatementType.Recovery, live: 2, reason: 16, time: VectorForge.BegunMs + 60_000);
        book.Add("recoveries-differ", "8", "Two different recoveries: neither counts.", two.Clone().Add(ContainerFormat.Statement, second),
            Outcome.Open(3, 3, 2, finding: true), Outcome.ForVerifier(Outcome.Open(3, 2, 2, finding: true)));
        book.Add("recovery-two-signatures", "8", "The same recovery with two signatures, both right: it says one thing.",
            two.Clone().Add(ContainerFormat.Statement, [.. two.Statements[^1][..160], .. VectorSignature.Another(two.Gateway, two.Statements[^1][..160])]),
            Outcome.Recovered(3, signed: 2));
        VectorForge cut = two.Clone();
        cut.Blocks.RemoveAt(cut.Blocks.FindLastIndex(block => block.Type == ContainerFormat.Chunk));
        book.Add("recovery-truncated", "13", "A recovery attests three chunks; two are there.", cut, Outcome.Truncated(2, 2, 2, reason: null));
        VectorForge wrong = VectorForge.Running(3, every: 2);
        wrong.Add(ContainerFormat.Statement, wrong.Statement(StatementType.Recovery, live: 2, root: VectorKeys.Secret("root"), reason: 16));
        book.Add("recovery-wrong-root", "13", "A recovery of three chunks has a root that theirs is not; chunk 2 is covered by nothing else.", wrong,
            Outcome.Corrupt(3, 2, 2) with { Reason = null, ClosingReleased = false });
    }

    private static void AddEqualCount(VectorBook book, VectorForge three)
    {
        VectorForge equal = three.Clone().Recover(live: 3);
        book.Add("recovery-equal-count", "8, 13", "A recovery attests what the newest checkpoint signs, and that nothing more exists: it stands.",
            equal, Outcome.Recovered(3, signed: 3) with { Finding = false }, container: equal.Container());
        book.Add("recovery-equal-count-none", "8, 13", "The same where nothing but the first checkpoint was signed, and no chunk was kept.",
            VectorForge.Running(0).Recover(live: 0), Outcome.Recovered(0, signed: 0) with { Finding = false });
        book.Add("recovery-equal-count-more", "8, 13", "The same, and one chunk more that neither covers.",
            equal.Clone().Write(1), Outcome.Recovered(4, signed: 3) with { Finding = false }, Outcome.ForVerifier(Outcome.Recovered(4, signed: 3) with { Verified = 3, Finding = false }));
        book.Add("recovery-equal-count-opening", "8, 14", "A recovery of an equal count names another opening record: a finding, and it does not stand.",
            three.Clone().Add(ContainerFormat.Statement, three.Statement(StatementType.Recovery, live: 3, opening: VectorKeys.Secret("opening hash"), reason: 16)), Outcome.Open(3, 3, 3, finding: true));
        book.Add("recovery-equal-count-sealed", "8, 13", "The seal comes after the recovery, and counts as many: the recovery is ignored.",
            equal.Clone().Seal(), Outcome.Complete(3));
        book.Add("recovery-equal-count-two", "8", "Two different recoveries, one of the newest checkpoint's count and one of a higher: neither counts.",
            equal.Clone().Write(1).Recover(live: 3), Outcome.Open(4, 4, 3, finding: true), Outcome.ForVerifier(Outcome.Open(4, 3, 3, finding: true)));
    }

    // Chunk 2 of another life, which signs it.
    private static VectorForge Other(VectorForge recording) => OtherChunk(recording, 2).Checkpoint();

    private static VectorForge OtherChunk(VectorForge recording, int chunk) =>
        recording.Add(chunk, [Format(0, chunk * 1000, Caller), Audio(0, chunk * 1000, 5, 5, "b0b0"), Audio(0, chunk * 1000, 6, 6, "b1b1"), Audio(0, chunk * 1000, 7, 7, "b2b2")]);

    private static VectorForge Third(VectorForge recording) => recording.Add(2, [Format(0, 2000, Caller), Audio(0, 2000, 3, 3, "cc")]);

    private static VectorForge Reversed(VectorForge recording)
    {
        (byte Type, byte[] Body)[] statements = [.. recording.Blocks.Where(block => block.Type == ContainerFormat.Statement)];
        recording.Blocks.RemoveAll(block => block.Type == ContainerFormat.Statement);
        recording.Blocks.AddRange(statements.Reverse());
        return recording;
    }
}
