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
        }
    }

    [Fact]
    public void Verify_WithAnyBitFlipped_IsRefused()
    {
        foreach (byte[] bytes in new[] { _fixture.Checkpoint(5), _fixture.Seal(7), _fixture.Recovery(9, 5) })
        {
            for (int bit = 0; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(Statement.TryParse(bytes, out Statement? statement, out _) && statement.Verify(_fixture.Header), $"bit {bit}");
                bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            }
        }
    }
}
