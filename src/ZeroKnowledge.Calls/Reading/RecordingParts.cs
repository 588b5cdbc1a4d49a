namespace ZeroKnowledge.Calls;

/// <summary>A recording's parts as a source gave them, unchecked.</summary>
/// <param name="Header">Should be 236 bytes.</param>
/// <param name="OpeningRecord">As stored.</param>
/// <param name="Statements">Each should be 224 bytes.</param>
/// <param name="ClosingRecord">As stored; empty if there is none.</param>
/// <param name="Chunks">How many chunks the source says it has.</param>
/// <param name="Finding">What the source itself noticed, as a file that is cut short.</param>
/// <param name="IsMalformed">What it noticed is no cut, but something that does not belong: a recording that is otherwise whole is not.</param>
/// <param name="HasNoRecords">The source was made without the metadata records, which its reader has no keys for.</param>
internal sealed record RecordingParts(
    ReadOnlyMemory<byte> Header,
    ReadOnlyMemory<byte> OpeningRecord,
    IReadOnlyList<ReadOnlyMemory<byte>> Statements,
    ReadOnlyMemory<byte> ClosingRecord,
    int Chunks,
    string? Finding = null,
    bool IsMalformed = false,
    bool HasNoRecords = false);
