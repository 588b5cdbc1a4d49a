using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>What became of one operation.</summary>
/// <param name="Operation">The operation.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="State">Where its recording stands after the commit, if it is known.</param>
internal readonly record struct Result(Operation Operation, Outcome Outcome, StoredState? State);
