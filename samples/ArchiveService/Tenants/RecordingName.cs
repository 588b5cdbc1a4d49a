using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>A recording's name in the archive: a core id alone names nothing.</summary>
/// <param name="Tenant">Whose it is.</param>
/// <param name="Id">The core id.</param>
internal readonly record struct RecordingName(Tenant Tenant, CoreId Id);
