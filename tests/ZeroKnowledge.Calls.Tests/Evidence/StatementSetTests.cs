using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

// One test for each rule of docs/FORMAT.md, section 8. Lives: two writers that sign with one key.
public class StatementSetTests
{
    private readonly EvidenceFixture _f = new();

    [Fact]
    public void Empty_HasNothing()
    {
        StatementSet set = _f.Set();
        Assert.Null(set.Newest);
        Assert.Null(set.NewestLive);
        Assert.Null(set.Seal);
        Assert.Equal(0, set.LiveCount);
        Assert.False(set.IsForked);
        Assert.False(set.HasConflictingRecoveries);
        Assert.Empty(set.Findings);
        Assert.Empty(set.Statements);
        Assert.False(set.HasStatementAt(0));
    }

    [Fact]
    public void Newest_OfCheckpointsAndSeal_IsTheSeal()
    {
        StatementSet set = _f.Set(_f.Checkpoint(0), _f.Checkpoint(64), _f.Checkpoint(70), _f.Seal(70));
        Assert.Equal(StatementType.Seal, set.Newest!.Type);
        Assert.Same(set.Seal, set.Newest);
        Assert.Same(set.Seal, set.NewestLive);
        Assert.Equal(70, set.LiveCount);
        Assert.False(set.IsForked);
        Assert.Empty(set.Findings);
        Assert.Equal(4, set.Statements.Count);
    }

    [Fact]
    public void Newest_OfCheckpoints_IsTheHighestCount()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(128), _f.Checkpoint(0));
        Assert.Equal(128, set.Newest!.ChunkCount);
        Assert.Equal(128, set.LiveCount);
        Assert.Null(set.Seal);
        Assert.True(set.HasStatementAt(64));
        Assert.False(set.HasStatementAt(65));
    }

    [Fact]
    public void Newest_OfASingleHigherRecovery_IsTheRecovery()
    {
        StatementSet set = _f.Set(_f.Checkpoint(0), _f.Checkpoint(64), _f.Recovery(70, 64));
        Assert.Equal(StatementType.Recovery, set.Newest!.Type);
        Assert.Equal(64, set.NewestLive!.ChunkCount);
        Assert.Equal(64, set.LiveCount);
        Assert.True(set.HasStatementAt(70));
        Assert.Empty(set.Findings);
    }

    [Fact]
    public void OpeningHashesDiffer_Live_IsForked()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(128, opening: EvidenceFixture.Closing));
        Assert.True(set.IsForked);
        Assert.Contains("opening", Assert.Single(set.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void SameCountAndOtherRoot_Live_IsForked()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(64, EvidenceFixture.Root(64, 'b')));
        Assert.True(set.IsForked);
        Assert.Contains("one count", Assert.Single(set.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void SameCountAndRoot_AtAnotherTime_IsNoConflict()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(64, time: 7), _f.Seal(64, time: 8));
        Assert.False(set.IsForked);
        Assert.Empty(set.Findings);
        Assert.Equal(3, set.Statements.Count);
    }

    [Fact]
    public void TwoSeals_AreForked()
    {
        foreach (byte[] other in new[] { _f.Seal(70, reason: EndReason.Aborted), _f.Seal(70, time: 1), _f.Seal(70, EvidenceFixture.Root(70, 'b')), _f.Seal(71) })
        {
            StatementSet set = _f.Set(_f.Seal(70), other);
            Assert.True(set.IsForked);
            Assert.Contains(set.Findings, f => f.Contains("two different seals", StringComparison.Ordinal));
        }

        Assert.False(_f.Set(_f.Seal(70), _f.Seal(70)).IsForked);
    }

    [Fact]
    public void CheckpointAboveSeal_IsForked()
    {
        StatementSet set = _f.Set(_f.Seal(70), _f.Checkpoint(71));
        Assert.True(set.IsForked);
        Assert.Contains("more chunks than a seal", Assert.Single(set.Findings), StringComparison.Ordinal);
        Assert.Equal(StatementType.Seal, set.Newest!.Type);
        Assert.False(_f.Set(_f.Seal(70), _f.Checkpoint(69), _f.Checkpoint(70)).IsForked);
    }

    [Fact]
    public void SmallerRootIsNotThatOfThePrefix_Live_IsForked()
    {
        // The chunks are life a's; life b has signed 64 others.
        StatementSet set = _f.Set(_f.Checkpoint(64, EvidenceFixture.Root(64, 'b')), _f.Checkpoint(128));
        Assert.False(set.IsForked);
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.False(set.IsForked);
        Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(128, EvidenceFixture.Root(128)));
        Assert.True(set.IsForked);
        Assert.Contains("first chunks", Assert.Single(set.Findings), StringComparison.Ordinal);
        set.ForgetPrefixes();
        Assert.False(set.IsForked);
        Assert.Empty(set.Findings);
    }

    [Fact]
    public void SmallerRootIsNotThatOfThePrefix_FoundBeforeTheStatements_IsForked()
    {
        StatementSet set = _f.Set();
        Assert.Equal(PrefixAgreement.None, set.CheckPrefix(128, EvidenceFixture.Root(128)));
        Assert.Equal(PrefixAgreement.None, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.True(set.Add(_f.Checkpoint(64, EvidenceFixture.Root(64, 'b'))));
        Assert.True(set.Add(_f.Checkpoint(128)));
        Assert.True(set.IsForked);
    }

    [Fact]
    public void OnlyTheSmallerMatches_IsCorruptAndNotForked()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(128));
        Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(128, EvidenceFixture.Root(128, 'x', 127)));
        Assert.False(set.IsForked);
        Assert.Empty(set.Findings);
    }

    [Fact]
    public void NoneMatches_IsCorruptAndNotForked()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(128));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(64, EvidenceFixture.Root(64, 'x')));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(128, EvidenceFixture.Root(128, 'x')));
        Assert.False(set.IsForked);
    }

    [Fact]
    public void CheckPrefix_OfAnotherRoot_ThrowsUntilForgotten()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(64, EvidenceFixture.Root(64, 'x')));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(64, EvidenceFixture.Root(64, 'x')));
        Assert.Throws<InvalidOperationException>(() => set.CheckPrefix(64, EvidenceFixture.Root(64)));
        set.ForgetPrefixes();
        Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.Throws<ArgumentException>("root", () => set.CheckPrefix(64, new byte[31]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Recovery_WithASeal_IsIgnored(bool above)
    {
        StatementSet set = _f.Set(_f.Recovery(above ? 80 : 60, 40), _f.Seal(70));
        Assert.Equal(StatementType.Seal, set.Newest!.Type);
        Assert.False(set.IsForked);
        Assert.Equal(above ? 1 : 0, set.Findings.Count);
    }

    [Fact]
    public void Recovery_WithAHigherLiveStatement_IsIgnored()
    {
        StatementSet set = _f.Set(_f.Recovery(70, 64), _f.Checkpoint(71));
        Assert.Equal(StatementType.Checkpoint, set.Newest!.Type);
        Assert.Equal(71, set.Newest.ChunkCount);
        Assert.Empty(set.Findings);
    }

    // It was ignored: a gateway killed just after a checkpoint left a recording open for ever.
    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public void Recovery_OfTheHighestLiveCount_IsTheNewest(int count)
    {
        byte[][] statements = [_f.Checkpoint(0), _f.Checkpoint(count), _f.Recovery(count, count)];
        foreach (StatementSet set in new[] { _f.Set(statements), _f.Set([.. statements.Reverse()]) })
        {
            Assert.Equal(StatementType.Recovery, set.Newest!.Type);
            Assert.Equal(count, set.NewestLive!.ChunkCount);
            Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(count, EvidenceFixture.Root(count)));
            Assert.Equal(count, set.MatchedLiveCount);
            Assert.Empty(set.Findings);
        }
    }

    [Fact]
    public void Recovery_OfTheHighestLiveCountAndAnotherRootOrOpening_IsAFindingAndChangesNothing()
    {
        foreach (byte[] other in new[] { _f.Recovery(64, 64, EvidenceFixture.Root(64, 'b')), _f.Recovery(64, 64, opening: EvidenceFixture.Closing) })
        {
            StatementSet set = _f.Set(other, _f.Checkpoint(64));
            Assert.Equal(StatementType.Checkpoint, set.Newest!.Type);
            Assert.False(set.IsForked);
            Assert.Contains("recovery of 64", Assert.Single(set.Findings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Recovery_OfAnotherOpening_IsAFindingAndChangesNothing()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64, opening: EvidenceFixture.Closing));
        Assert.Equal(64, set.Newest!.ChunkCount);
        Assert.False(set.IsForked);
        Assert.False(set.HasConflictingRecoveries);
        Assert.Contains("recovery of 70", Assert.Single(set.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void Recovery_OfAnotherRootAtALiveCount_IsAFindingAndChangesNothing()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Recovery(64, 64, EvidenceFixture.Root(64, 'b')), _f.Recovery(70, 64));
        Assert.Equal(70, set.Newest!.ChunkCount);
        Assert.False(set.IsForked);
        Assert.Contains("recovery of 64", Assert.Single(set.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void Recovery_WhoseChunksContradictALiveStatement_IsAFindingAndChangesNothing()
    {
        // A stolen gateway key cannot replace chunks that the writer has signed.
        byte[] recoveryRoot = EvidenceFixture.Root(70, 'b');
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64, recoveryRoot));
        Assert.Equal(70, set.Newest!.ChunkCount);
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(64, EvidenceFixture.Root(64, 'b')));
        Assert.Equal(PrefixAgreement.None, set.CheckPrefix(70, recoveryRoot));
        Assert.Equal(64, set.Newest!.ChunkCount);
        Assert.False(set.IsForked);
        Assert.Single(set.Findings);
    }

    [Fact]
    public void Recovery_WhoseRootIsNotThatOfALiveStatementsPrefix_IsAFinding()
    {
        StatementSet set = _f.Set(_f.Recovery(64, 0, EvidenceFixture.Root(64, 'b')), _f.Checkpoint(128));
        Assert.Empty(set.Findings);
        Assert.Equal(PrefixAgreement.None, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(128, EvidenceFixture.Root(128)));
        Assert.Single(set.Findings);
        Assert.False(set.IsForked);
        Assert.Equal(128, set.Newest!.ChunkCount);
    }

    [Fact]
    public void Recoveries_ThatDoNotCount_VouchForNothing()
    {
        StatementSet ignored = _f.Set(_f.Recovery(70, 64), _f.Checkpoint(128));
        Assert.Equal(PrefixAgreement.None, ignored.CheckPrefix(70, EvidenceFixture.Root(70)));
        StatementSet several = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64), _f.Recovery(72, 64));
        Assert.Equal(PrefixAgreement.None, several.CheckPrefix(70, EvidenceFixture.Root(70)));
        Assert.Equal(PrefixAgreement.None, several.CheckPrefix(72, EvidenceFixture.Root(72, 'b')));
        StatementSet single = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64));
        Assert.Equal(PrefixAgreement.Agrees, single.CheckPrefix(70, EvidenceFixture.Root(70)));
        Assert.Equal(PrefixAgreement.None, single.CheckPrefix(71, EvidenceFixture.Root(71)));
    }

    [Fact]
    public void CheckPrefix_OfForkedCount_DiffersInEitherOrder()
    {
        byte[] a = _f.Checkpoint(64);
        byte[] b = _f.Checkpoint(64, EvidenceFixture.Root(64, 'b'));
        Assert.Equal(PrefixAgreement.Differs, _f.Set(a, b).CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.Equal(PrefixAgreement.Differs, _f.Set(b, a).CheckPrefix(64, EvidenceFixture.Root(64)));
    }

    [Fact]
    public void Recovery_WhoseChunksAreOthers_FailsThePrefix()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64));
        Assert.Equal(PrefixAgreement.Agrees, set.CheckPrefix(64, EvidenceFixture.Root(64)));
        Assert.Equal(PrefixAgreement.Differs, set.CheckPrefix(70, EvidenceFixture.Root(70, 'x', 69)));
        Assert.False(set.IsForked);
    }

    [Fact]
    public void TwoDifferentRecoveries_LeaveTheRecordingOpen()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64), _f.Recovery(72, 64));
        Assert.True(set.HasConflictingRecoveries);
        Assert.Equal(64, set.Newest!.ChunkCount);
        Assert.False(set.IsForked);
        Assert.Single(set.Findings);
        Assert.True(_f.Set(_f.Recovery(70, 64), _f.Recovery(70, 64, time: EvidenceFixture.BegunMs + 1)).HasConflictingRecoveries);
        Assert.True(_f.Set(_f.Recovery(70, 64), _f.Recovery(70, 64, EvidenceFixture.Root(70, 'b'))).HasConflictingRecoveries);
        Assert.False(_f.Set(_f.Recovery(70, 64), _f.Recovery(70, 64)).HasConflictingRecoveries);
        StatementSet equalAndHigher = _f.Set(_f.Checkpoint(64), _f.Recovery(64, 64), _f.Recovery(70, 64));
        Assert.True(equalAndHigher.HasConflictingRecoveries);
        Assert.Equal(StatementType.Checkpoint, equalAndHigher.Newest!.Type);
    }

    [Fact]
    public void TwoRecoveries_OfWhichOneDoesNotStand_AreNoConflict()
    {
        StatementSet ignored = _f.Set(_f.Checkpoint(64), _f.Recovery(63, 60), _f.Recovery(72, 64));
        Assert.False(ignored.HasConflictingRecoveries);
        Assert.Equal(72, ignored.Newest!.ChunkCount);
        StatementSet contradicting = _f.Set(_f.Checkpoint(64), _f.Recovery(70, 64, opening: EvidenceFixture.Closing), _f.Recovery(72, 64));
        Assert.False(contradicting.HasConflictingRecoveries);
        Assert.Equal(72, contradicting.Newest!.ChunkCount);
    }

    [Fact]
    public void Recovery_AtATimeTheGatewayIsNotTrusted_IsRefused()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64));
        Assert.False(set.Add(_f.Recovery(70, 64, time: EvidenceFixture.BegunMs + 1_000_000_000), out string? refusal));
        Assert.Contains("not trusted", refusal, StringComparison.Ordinal);
        Assert.Equal(64, set.Newest!.ChunkCount);
        Assert.Single(set.Findings);
        Assert.True(new StatementSet(_f.Header, TrustList.Of()).Add(_f.Checkpoint(64)));
        Assert.False(new StatementSet(_f.Header, TrustList.Of()).Add(_f.Recovery(70, 64)));
    }

    [Fact]
    public void Recovery_ThatKnowsMoreLiveChunks_IsAFinding()
    {
        StatementSet set = _f.Set(_f.Checkpoint(0), _f.Recovery(70, 64));
        Assert.Equal(70, set.Newest!.ChunkCount);
        Assert.Equal(0, set.LiveCount);
        Assert.Contains("64", Assert.Single(set.Findings), StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OfWhatDoesNotVerify_IsRefusedWithAFinding()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64));
        byte[] unsigned = _f.Checkpoint(128);
        unsigned[^1] ^= 1;
        Assert.False(set.Add(unsigned, out string? refusal));
        Assert.Contains("signature", refusal, StringComparison.Ordinal);
        Assert.False(set.Add(new EvidenceFixture().Checkpoint(128), out refusal));
        Assert.Contains("of recording", refusal, StringComparison.Ordinal);
        Assert.False(set.Add([], out refusal));
        Assert.Contains("224", refusal, StringComparison.Ordinal);
        Assert.Equal(3, set.Findings.Count);
        Assert.Equal(64, set.Newest!.ChunkCount);
        for (int i = 0; i < 200; i++)
        {
            Assert.False(set.Add([]));
        }

        Assert.Equal(StatementSet.MaxRefusals + 1, set.Findings.Count);
        Assert.Contains("103 more", set.Findings[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Add_OfTheSame_KeepsOne()
    {
        StatementSet set = _f.Set(_f.Checkpoint(64), _f.Checkpoint(64), _f.Recovery(70, 64), _f.Recovery(70, 64));
        Assert.Equal(2, set.Statements.Count);
        Assert.Empty(set.Findings);
    }

    [Fact]
    public void Add_OfVeryManyOfOneCount_IsBounded()
    {
        StatementSet set = _f.Set();
        for (uint i = 0; i < 100; i++)
        {
            Assert.True(set.Add(_f.Checkpoint(64, EvidenceFixture.Root(64), time: i)));
            Assert.True(set.Add(_f.Recovery(70, 64, time: EvidenceFixture.BegunMs + i)));
        }

        Assert.Equal(128, set.Statements.Count);
        Assert.Equal(99UL, set.Newest!.TimeMs);
        Assert.False(set.IsForked);
        Assert.True(set.Add(_f.Checkpoint(64, EvidenceFixture.Root(64, 'b'))));
        Assert.True(set.IsForked);
    }

    [Property(MaxTest = 300)]
    public Property Judgement_DoesNotDependOnTheOrder()
    {
        byte[] opening = EvidenceFixture.Closing;
        byte[] B(int count) => EvidenceFixture.Root(count, 'b', 3);
        byte[][] pool =
        [
            _f.Checkpoint(0), _f.Checkpoint(4), _f.Checkpoint(8), _f.Checkpoint(8, time: 1), _f.Checkpoint(12), _f.Seal(12), _f.Seal(10),
            _f.Seal(12, time: 1), _f.Checkpoint(4, B(4)), _f.Checkpoint(8, B(8)), _f.Checkpoint(4, opening: opening), _f.Recovery(9, 8),
            _f.Recovery(14, 8), _f.Recovery(14, 12), _f.Recovery(10, 4, B(10)), _f.Recovery(14, 8, opening: opening),
            _f.Recovery(8, 8), _f.Recovery(8, 4, B(8)), _f.Recovery(12, 12), _f.Recovery(0, 0),
        ];
        Gen<int[]> indices = Gen.ArrayOf(Gen.Choose(0, pool.Length - 1));
        return Prop.ForAll(Gen.Zip(indices, Gen.Choose(0, int.MaxValue)).ToArbitrary(), t =>
        {
            (int[] chosen, int seed) = t;
            string expected = Judge(chosen, 0);
            int[] shuffled = [.. chosen.OrderBy(i => HashCode.Combine(i, seed))];
            return expected == Judge(shuffled, shuffled.Length) && expected == Judge(shuffled, shuffled.Length / 2);
        });

        // The prefixes are compared after so many statements.
        string Judge(int[] chosen, int compareAfter)
        {
            StatementSet set = _f.Set();
            for (int i = 0; i <= chosen.Length; i++)
            {
                if (i == compareAfter)
                {
                    foreach (int count in new[] { 14, 12, 10, 9, 8, 4, 0 })
                    {
                        set.CheckPrefix(count, EvidenceFixture.Root(count));
                    }
                }

                if (i < chosen.Length)
                {
                    Assert.True(set.Add(pool[chosen[i]]));
                }
            }

            return string.Join('|', Hex(set.Newest), Hex(set.NewestLive), Hex(set.Seal), set.LiveCount, set.IsForked, set.HasConflictingRecoveries,
                string.Join(';', set.Findings.Order(StringComparer.Ordinal)));
        }

        static string Hex(Statement? statement) => statement is null ? "-" : Convert.ToHexString(statement.ToArray());
    }
}
