namespace ArchiveService.Uploads;

/// <summary>Waits for one operation to be committed.</summary>
internal sealed class SingleReply : IReply
{
    private readonly TaskCompletionSource<Outcome> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<Outcome> Task => _done.Task;

    public void Done(ReadOnlySpan<Result> results) => _done.SetResult(results[0].Outcome);
}
