using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>Who signs, and by which clock.</summary>
/// <param name="Key">The archive's signing key.</param>
/// <param name="Clock">The clock.</param>
internal sealed record ArchiveIdentity(ArchiveKey Key, TimeProvider Clock) : IDisposable
{
    public void Dispose() => Key.Dispose();
}
