namespace ZeroKnowledge.Calls;

/// <summary>The blocks of a <c>.zkc</c> file (docs/FORMAT.md, section 12): type u8 ‖ length u32 ‖ body.</summary>
internal static class ContainerFormat
{
    public const int BlockHead = 5;
    public const byte Chunk = 1;
    public const byte Statement = 2;
    public const byte ClosingRecord = 3;
}
