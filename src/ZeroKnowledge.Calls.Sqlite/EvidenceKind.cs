namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>The column <c>evidence.kind</c>.</summary>
internal enum EvidenceKind
{
    None = 0,
    Statement = 1,
    Receipt = 2,
    Erasure = 3,
}
