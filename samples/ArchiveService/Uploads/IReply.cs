namespace ArchiveService.Uploads;

/// <summary>Is told what became of operations.</summary>
internal interface IReply
{
    /// <summary>Called on the committer's thread, after the commit is durable. Must not block.</summary>
    /// <param name="results">What became of operations that were submitted one after the other.</param>
    void Done(ReadOnlySpan<Result> results);
}
