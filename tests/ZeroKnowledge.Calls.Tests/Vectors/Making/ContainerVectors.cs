namespace ZeroKnowledge.Calls.Tests;

/// <summary><c>.zkc</c> files: cut at each kind of place, and with blocks that do not belong.</summary>
internal static class ContainerVectors
{
    private const int Head = 5;

    public static void Add(VectorBook book)
    {
        AddCuts(book);
        AddBlocks(book);
    }

    private static void AddCuts(VectorBook book)
    {
        VectorForge r = VectorForge.Sealed(2, every: 1);
        byte[] whole = r.Container();
        int opening = Format.HeaderSize + r.OpeningRecord.Length;
        int blocks = opening + Format.StatementSize;
        int chunk = Head + r.Chunks[0].Length, statement = Head + Format.StatementSize;
        int second = blocks + chunk + statement;
        int closing = second + chunk + statement;

        Refused("empty", "The file is empty.", []);
        Refused("cut-header", "The file ends within the header.", whole[..235]);
        Refused("cut-opening", "The file ends within the opening record.", whole[..(opening - 1)]);
        Refused("cut-checkpoint", "The file ends within the first checkpoint.", whole[..(blocks - 1)]);
        Cut("cut-before-blocks", "The file ends after the first checkpoint: nothing is cut.", blocks, Outcome.Open(0, 0, 0));
        Cut("cut-block-head", "The file ends within the head of the second chunk's block.", second + 4, Outcome.Open(1, 1, 1, finding: true));
        Cut("cut-block-body", "The file ends after the head of the second chunk's block.", second + Head, Outcome.Open(1, 1, 1, finding: true));
        Cut("cut-chunk", "The last byte of the second chunk is missing.", second + chunk - 1, Outcome.Open(1, 1, 1, finding: true));
        Cut("cut-after-chunk", "The file ends after the second chunk: nothing is cut, and no statement covers it.", second + chunk, Outcome.Open(2, 2, 1),
            Outcome.ForVerifier(Outcome.Open(2, 1, 1)));
        Cut("cut-statement", "The last byte of the second checkpoint is missing.", closing - 1, Outcome.Open(2, 2, 1, finding: true), Outcome.ForVerifier(Outcome.Open(2, 1, 1, finding: true)));
        Cut("cut-closing", "The file ends within the closing record.", closing + 500, Outcome.Open(2, 2, 2, finding: true));
        Cut("cut-before-seal", "The file ends between the closing record and the seal.", closing + Head + r.ClosingRecord.Length, Outcome.Open(2, 2, 2, finding: true));
        Cut("cut-seal", "The last byte of the seal is missing.", whole.Length - 1, Outcome.Open(2, 2, 2, finding: true));

        void Refused(string name, string comment, byte[] container) => AddRefused(book, name, comment, r, container);

        void Cut(string name, string comment, int length, VectorOutcome expected, VectorOutcome? verifier = null) =>
            book.Add($"container-{name}", "12", comment, r, expected, verifier, parts: false, container: whole[..length]);
    }

    private static void AddBlocks(VectorBook book)
    {
        First("counts-1", "The first checkpoint counts one chunk, and that is there: nobody could have written it yet.", r => r.First = r.Statements[1]);
        First("is-recovery", "A recovery of no chunks stands in the place of the first checkpoint.", r => r.First = r.Statement(StatementType.Recovery, count: 0, live: 0, reason: 16));
        First("label", "The first statement does not begin with its label, and is refused.", r => r.First = [(byte)'Z', .. r.First[1..]], 0);

        Altered("block-type-0", "The third block, before chunk 1, is of type 0.", VectorForge.Block(0, new byte[316]));
        Altered("block-type-4", "The third block, before chunk 1, is of type 4.", VectorForge.Block(4, new byte[224]));
        Altered("chunk-long", "The second chunk's block is one byte longer than a stored chunk.", VectorForge.Block(1, [.. VectorForge.Sealed(2).Chunks[1], 0]));
        Altered("chunk-short", "The second chunk's block is one byte shorter than a stored chunk.", VectorForge.Block(1, VectorForge.Sealed(2).Chunks[1][..^1]));
        Altered("statement-long", "A statement's block has 225 bytes.", VectorForge.Block(2, new byte[225]));
        Altered("length-largest", "A statement's block claims 2^32 - 1 bytes.", VectorForge.Block(2, new byte[224], -1));
        Altered("closing-short", "A closing record's block is one byte short.", VectorForge.Block(3, VectorForge.Sealed(1).ClosingRecord[..^1]));
        Altered("closing-then-chunk", "A chunk follows the closing record, where the seal must stand.", VectorForge.Block(3, VectorForge.Sealed(1).ClosingRecord));
        Altered("closing-then-checkpoint", "A checkpoint follows the closing record, where the seal must stand.",
            [.. VectorForge.Block(3, VectorForge.Sealed(1).ClosingRecord), .. VectorForge.Block(2, VectorForge.Running(1, every: 1).Statements[1])]);

        VectorForge two = VectorForge.Sealed(2, every: 1);
        After("chunk-after-seal", "A chunk follows the seal.", VectorForge.Block(1, VectorForge.Running(3).Chunks[2]));
        After("closing-after-seal", "A second closing record, the same, follows the seal.", VectorForge.Block(3, two.ClosingRecord));
        book.Add("container-bytes-after-seal", "12", "Three bytes follow the seal: a block that is cut short counts as absent.", two, Outcome.Complete(2) with { Finding = true },
            parts: false, container: [.. two.Container(), 1, 2, 3]);

        VectorForge between = VectorForge.Sealed(2, every: 2);
        between.Blocks.Insert(between.Blocks.Count - 1, (ContainerFormat.Statement, between.Statements[1]));
        book.Add("container-checkpoint-before-seal", "12, 14", "A checkpoint stands between the closing record and the seal: the seal is not read.", two,
            Outcome.Corrupt(2, 2) with { Reason = null, ClosingReleased = false, Finding = true }, parts: false, container: between.Container());

        VectorForge noClosing = VectorForge.Sealed(2, every: 1);
        noClosing.Blocks.RemoveAll(block => block.Type == ContainerFormat.ClosingRecord);
        book.Add("container-no-closing", "12, 14", "A seal stands without a closing record.", two, Outcome.Corrupt(2, 2) with { ClosingReleased = false }, parts: false, container: noClosing.Container());
        VectorForge lost = VectorForge.Sealed(2, every: 1);
        lost.Blocks.RemoveAll(block => block.Type == ContainerFormat.Chunk && block.Body == lost.Chunks[1]);
        book.Add("container-chunk-missing", "12, 14", "The second chunk's block was taken out.", two, Outcome.Truncated(1, 1, 1), parts: false, container: lost.Container());
        book.Add("container-statement-early", "8, 12", "The checkpoint of two chunks stands before the second.", two, Outcome.Corrupt(2, 2) with { Finding = true }, parts: false, container: Early(two));
        VectorForge forked = VectorForge.Sealed(2, every: 1);
        forked.Add(ContainerFormat.Statement, forked.Statement(StatementType.Checkpoint, root: VectorKeys.Secret("root")));
        book.Add("container-fork-after-seal", "8, 12", "A live statement that conflicts with the seal follows it.", two, Outcome.Forked(2, 2, 2), parts: false, container: forked.Container());

        void First(string name, string comment, Action<VectorForge> edit, params int[] refused)
        {
            VectorForge recording = VectorForge.Sealed(1, every: 1);
            edit(recording);
            book.Add($"container-first-{name}", "12", comment, recording, Outcome.Corrupt(1, 1) with { Finding = true, RefusedStatements = refused }, parts: false, container: recording.Container());
        }

        // After chunk 0 and its checkpoint, and then goes on as it should.
        void Altered(string name, string comment, byte[] block)
        {
            VectorForge recording = VectorForge.Sealed(2, every: 1);
            int at = recording.Header.Length + recording.OpeningRecord.Length + Format.StatementSize + Head + recording.Chunks[0].Length + Head + Format.StatementSize;
            byte[] whole = recording.Container();
            book.Add($"container-{name}", "12, 14", comment, recording, Outcome.Corrupt(1, 1) with { Reason = null, ClosingReleased = false, Finding = true },
                parts: false, container: [.. whole[..at], .. block, .. whole[at..]]);
        }

        void After(string name, string comment, byte[] block) => book.Add(
            $"container-{name}", "12, 14", comment, two, Outcome.Corrupt(2, 2) with { Finding = true }, parts: false, container: [.. two.Container(), .. block]);
    }

    private static byte[] Early(VectorForge recording)
    {
        VectorForge early = recording.Clone();
        (byte Type, byte[] Body) checkpoint = early.Blocks[3];
        early.Blocks.RemoveAt(3);
        early.Blocks.Insert(1, checkpoint);
        return early.Container();
    }

    private static void AddRefused(VectorBook book, string name, string comment, VectorForge recording, byte[] container) => book.Add(
        $"container-{name}", "12", comment, recording, Outcome.Refused("container"), Outcome.Refused("container"), parts: false, container: container);
}
