namespace ZeroKnowledge.Calls;

/// <summary>Gives the root over the leaves from <paramref name="first"/> up to, and without, <paramref name="end"/>: a subtree of the tree that is proven.</summary>
/// <param name="first">Index of the first leaf.</param>
/// <param name="end">Index after the last leaf.</param>
/// <param name="destination">32 bytes, to be overwritten.</param>
public delegate void SubtreeHash(int first, int end, Span<byte> destination);
