using ArchiveService.Recordings;

namespace ArchiveService.Uploads;

/// <summary>Is told what became of an operation.</summary>
internal interface IReply
{
    /// <summary>Called on the committer's thread, after the commit is durable. Must not block.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="state">Where the recording stands now, if it is known.</param>
    void Done(Operation operation, Outcome outcome, StoredState? state);
}
