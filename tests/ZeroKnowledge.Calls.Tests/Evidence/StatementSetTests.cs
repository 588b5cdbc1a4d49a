namespace ZeroKnowledge.Calls.Tests;

public class StatementSetTests
{
    private readonly EvidenceFixture _fixture = new();

    [Fact]
    public void Newest_OfCheckpointsAndSeal_IsTheSeal()
    {
        StatementSet set = _fixture.Set(_fixture.Checkpoint(0), _fixture.Checkpoint(64), _fixture.Seal(70));
        Assert.Equal(70, set.Newest!.ChunkCount);
        Assert.Equal(StatementType.Seal, set.Newest.Type);
        Assert.Same(set.Seal, set.NewestLive);
        Assert.Equal(70, set.LiveCount);
        Assert.False(set.IsForked);
        Assert.Empty(set.Findings);
    }

    [Fact]
    public void Newest_OfCheckpointAndRecovery_IsTheRecovery()
    {
        StatementSet set = _fixture.Set(_fixture.Checkpoint(0), _fixture.Checkpoint(64), _fixture.Recovery(70, 64));
        Assert.Equal(StatementType.Recovery, set.Newest!.Type);
        Assert.Equal(64, set.LiveCount);
        Assert.Empty(set.Findings);
    }
}
