using ArchiveService.Uploads;

namespace ArchiveService.Deletion;

/// <summary>Waits for one deletion to be committed.</summary>
internal sealed class DeleteReply : IReply
{
    private readonly TaskCompletionSource<Outcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Outcome> Task => _done.Task;

    public void Done(ReadOnlySpan<Result> results) => _done.SetResult(results[0].Outcome);
}
