using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

// Stands here until the first test of the core does.
public class PlaceholderTests
{
    [Fact]
    public void Message_VersionOne_IsFieldOneVarint() => Assert.Equal<byte[]>([0x08, 0x01], Placeholder.Message());

    [Property]
    public bool Reverse_Twice_GivesTheSame(byte[] bytes) => bytes.AsEnumerable().Reverse().Reverse().SequenceEqual(bytes);
}
