using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

public class StatementTests
{
    private readonly EvidenceFixture _fixture = new();

    [Fact]
    public void Verify_OfSigned_IsTrue()
    {
        foreach (byte[] bytes in new[] { _fixture.Checkpoint(0), _fixture.Checkpoint(5), _fixture.Seal(7), _fixture.Recovery(9, 5) })
        {
            Statement statement = EvidenceFixture.Statement(bytes);
            Assert.True(statement.Verify(_fixture.Header));
            Assert.Equal(bytes, statement.ToArray());
            Assert.False(statement.Verify(new EvidenceFixture().Header));
        }
    }

    // Offsets are the specification's, written a second time.
    [Fact]
    public void Write_PutsEveryFieldAtItsOffset()
    {
        byte[] bytes = _fixture.Seal(7, time: 0x0102030405060708, reason: EndReason.Continued);
        Statement seal = EvidenceFixture.Statement(bytes);
        Assert.Equal(224, bytes.Length);
        Assert.Equal("zkc1 statement"u8, bytes.AsSpan(0, 14));
        Assert.Equal(2, bytes[14]);
        Assert.Equal(_fixture.Header.CoreId.ToArray(), bytes[15..47]);
        Assert.Equal(EvidenceFixture.Opening, bytes[47..79]);
        Assert.Equal("0000000700000007", Convert.ToHexString(bytes.AsSpan(79, 8)));
        Assert.Equal(EvidenceFixture.Root(7), bytes[87..119]);
        Assert.Equal("0102030405060708", Convert.ToHexString(bytes.AsSpan(119, 8)));
        Assert.Equal(4, bytes[127]);
        Assert.Equal(EvidenceFixture.Closing, bytes[128..160]);
        Assert.True(Interop.Ed25519.Verify(_fixture.SigningKey.ToArray(), bytes.AsSpan(0, 160), bytes.AsSpan(160)));

        Assert.Equal(StatementType.Seal, seal.Type);
        Assert.True(seal.IsLive);
        Assert.Equal(_fixture.Header.CoreId, seal.CoreId);
        Assert.Equal(EvidenceFixture.Opening, seal.OpeningHash);
        Assert.Equal(7, seal.ChunkCount);
        Assert.Equal(7, seal.LiveCount);
        Assert.Equal(EvidenceFixture.Root(7), seal.Root);
        Assert.Equal(0x0102030405060708UL, seal.TimeMs);
        Assert.Equal(DateTimeOffset.MaxValue, seal.Time);
        Assert.Equal(EndReason.Continued, seal.Reason);
        Assert.Equal(EvidenceFixture.Closing, seal.ClosingHash);
        byte[] hash = new byte[32];
        seal.CopyHashTo(hash);
        Assert.Equal(SHA256.HashData(bytes), hash);

        Statement recovery = EvidenceFixture.Statement(_fixture.Recovery(9, 5));
        Assert.False(recovery.IsLive);
        Assert.Equal((9, 5), (recovery.ChunkCount, recovery.LiveCount));
        Assert.Equal(EndReason.Restart, recovery.Reason);
        Assert.Equal(EvidenceFixture.At(0), recovery.Time);
    }

    [Fact]
    public void Verify_WithAnyBitFlipped_IsRefused()
    {
        foreach (byte[] bytes in new[] { _fixture.Checkpoint(0), _fixture.Checkpoint(5), _fixture.Seal(7), _fixture.Recovery(9, 5) })
        {
            for (int bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                if (Statement.TryParse(bytes, out Statement? statement, out string? error))
                {
                    Assert.Equal(bytes, statement.ToArray());
                    Assert.False(statement.Verify(_fixture.Header), $"bit {bit}");
                }
                else
                {
                    Assert.NotNull(error);
                }

                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }

    [Fact]
    public void TryParse_OfAnotherLength_IsRefused()
    {
        byte[] bytes = [.. _fixture.Checkpoint(5), 0];
        for (int length = 0; length < 224; length++)
        {
            Assert.False(Statement.TryParse(bytes.AsSpan(0, length), out _, out _));
        }

        Assert.False(Statement.TryParse(bytes, out _, out _));
    }

    [Fact]
    public void TryParse_OfEveryCombination_AcceptsExactlyTheTable()
    {
        // type, reason, live-signed count minus chunk count, closing hash
        var table = new HashSet<(int, int, int, bool)>
        {
            (1, 0, 0, false),
            (2, 1, 0, true), (2, 2, 0, true), (2, 3, 0, true), (2, 4, 0, true),
            (3, 16, 0, false), (3, 16, -1, false), (3, 16, -5, false),
        };
        byte[] checkpoint = _fixture.Checkpoint(5);
        int accepted = 0;
        for (int type = 0; type < 256; type++)
        {
            for (int reason = 0; reason < 256; reason++)
            {
                foreach (int difference in new[] { -5, -1, 0, 1, int.MaxValue })
                {
                    foreach (bool closing in new[] { false, true })
                    {
                        byte[] bytes = [.. checkpoint];
                        bytes[14] = (byte)type;
                        bytes[127] = (byte)reason;
                        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(83), (uint)(5 + (long)difference));
                        bytes[159] = closing ? (byte)1 : (byte)0;
                        bool ok = Statement.TryParse(bytes, out Statement? statement, out _);
                        Assert.True(ok == table.Contains((type, reason, difference, closing)), $"type {type}, reason {reason}, {difference}, {closing}");
                        accepted += ok ? 1 : 0;
                        Assert.True(!ok || statement!.ToArray().SequenceEqual(bytes));
                    }
                }
            }
        }

        Assert.Equal(table.Count, accepted);
    }

    [Fact]
    public void TryParse_OfCountBeyondItsLimit_IsRefused()
    {
        byte[] bytes = _fixture.Checkpoint(5);
        foreach ((uint count, bool ok) in new[] { (1u << 24, true), ((1u << 24) + 1, false), (uint.MaxValue, false), (0u, false) })
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(79), count);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(83), count);
            Assert.Equal(ok, Statement.TryParse(bytes, out _, out _));
        }
    }

    [Fact]
    public void TryParse_OfNoChunks_NeedsTheRootOfNone()
    {
        Assert.True(Statement.TryParse(_fixture.Checkpoint(0), out _, out _));
        Assert.Throws<ArgumentException>(() => _fixture.Checkpoint(0, EvidenceFixture.Root(1)));
        Assert.Throws<ArgumentException>(() => _fixture.Recovery(0, 0, new byte[32]));
    }

    [Fact]
    public void Verify_OfTheOtherKeysSignature_IsFalse()
    {
        // A gateway cannot sign a checkpoint or a seal, and a writer no recovery.
        foreach (byte[] bytes in new[] { _fixture.Checkpoint(5), _fixture.Seal(5) })
        {
            Statement.Sign(bytes, _fixture.Gateway);
            Assert.False(EvidenceFixture.Statement(bytes).Verify(_fixture.Header));
        }

        byte[] recovery = _fixture.Recovery(9, 5);
        Statement.Sign(recovery, _fixture.SigningSecret);
        Assert.False(EvidenceFixture.Statement(recovery).Verify(_fixture.Header));
    }

    [Fact]
    public void Verify_WithAnotherRecordingOfTheGateway_IsFalse()
    {
        RecordingHeader other = new EvidenceFixture(gateway: _fixture.Gateway).Header;
        Statement recovery = EvidenceFixture.Statement(_fixture.Recovery(9, 5));
        Assert.True(recovery.Verify(_fixture.Header));
        Assert.False(recovery.Verify(other));
        Assert.False(new StatementSet(other, _fixture.Trust).Add(recovery.ToArray()));
    }

    [Fact]
    public void Write_OfWhatReadersRefuse_Throws()
    {
        Assert.Throws<ArgumentException>(() => Write(StatementType.None, 5, 5, EndReason.None, []));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Checkpoint, 5, 4, EndReason.None, []));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Checkpoint, -1, -1, EndReason.None, []));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Seal, 5, 5, EndReason.Completed, []));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Seal, 5, 5, EndReason.Completed, new byte[32]));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Seal, 5, 5, EndReason.Restart, EvidenceFixture.Closing));
        Assert.Throws<ArgumentException>(() => Write(StatementType.Recovery, 5, 6, EndReason.Restart, []));
        Assert.Throws<ArgumentException>("closingHash", () => Write(StatementType.Seal, 5, 5, EndReason.Completed, new byte[31]));
        using GatewayKey stranger = GatewayKey.Generate();
        Assert.Throws<ArgumentException>("key", () => Statement.Recover(_fixture.Header, EvidenceFixture.Opening, 5, 5, EvidenceFixture.Root(5), 0, stranger));

        void Write(StatementType type, int count, int live, EndReason reason, byte[] closing) => Statement.Write(
            new byte[224], type, _fixture.Header.CoreId, EvidenceFixture.Opening, count, live, EvidenceFixture.Root(5), 0, reason, closing);
    }

    [Fact]
    public void Write_OverOldBytes_LeavesNoneOfThem()
    {
        byte[] bytes = _fixture.Seal(7);
        Statement.Write(bytes, StatementType.Checkpoint, _fixture.Header.CoreId, EvidenceFixture.Opening, 5, 5, EvidenceFixture.Root(5), EvidenceFixture.BegunMs, EndReason.None, []);
        Statement.Sign(bytes, _fixture.SigningSecret);
        Assert.Equal(_fixture.Checkpoint(5), bytes);
    }

    [Fact]
    public void WriteAndSign_AllocateNothing()
    {
        byte[] bytes = new byte[224];
        byte[] root = EvidenceFixture.Root(5);
        CoreId id = _fixture.Header.CoreId;
        Run();
        Assert.Equal(0, Allocations.Least(Run));

        void Run()
        {
            Statement.Write(bytes, StatementType.Checkpoint, id, EvidenceFixture.Opening, 5, 5, root, 1, EndReason.None, []);
            Statement.Sign(bytes, _fixture.SigningSecret);
        }
    }
}
