namespace ZeroKnowledge.Calls;

/// <summary>A member of a group stanza: the share of <see cref="X"/>, wrapped to one recipient.</summary>
/// <param name="X">1 to n.</param>
/// <param name="ShareHash">32 bytes; see <see cref="ShareContext"/>.</param>
/// <param name="Kind">X-Wing or P-256.</param>
/// <param name="Tag">8 bytes of the recipient.</param>
/// <param name="Wrapped">enc ‖ wrapped share.</param>
internal readonly record struct GroupMember(int X, ReadOnlyMemory<byte> ShareHash, StanzaKind Kind, ReadOnlyMemory<byte> Tag, ReadOnlyMemory<byte> Wrapped);
