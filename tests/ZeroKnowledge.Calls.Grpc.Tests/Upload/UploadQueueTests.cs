namespace ZeroKnowledge.Calls.Grpc.Tests;

public sealed class UploadQueueTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SpoolFixture _spool = new();
    private readonly UploadQueue _queue;
    private readonly ArchiveUpload _upload;
    private long _nowMs = 1_000;

    public UploadQueueTests()
    {
        _queue = new UploadQueue(() => Interlocked.Read(ref _nowMs));
        _upload = _spool.Begin("call").Recording.Uploads[0];
    }

    public void Dispose()
    {
        _queue.Dispose();
        _spool.Dispose();
    }

    [Fact]
    public async Task WaitAsync_WithNothingToSend_GoesOnWhenSomethingIsThere()
    {
        Task waiting = _queue.WaitAsync(CancellationToken.None);
        await Task.Delay(50);
        Assert.False(waiting.IsCompleted);
        _queue.Ready(_upload);
        await waiting.WaitAsync(Patience);
        Assert.Same(_upload, _queue.Next());
    }

    // Nobody signals what a connection had not taken when it broke: the next connection finds it.
    [Fact]
    public async Task WaitAsync_WithWhatABrokenConnectionLeft_DoesNotWait()
    {
        _queue.Ready(_upload);
        await _queue.WaitAsync(CancellationToken.None).WaitAsync(Patience);
        _queue.Reconnected();
        await _queue.WaitAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.Same(_upload, _queue.Next());
    }

    [Fact]
    public async Task WaitAsync_WithARefusedRecording_GoesOnWhenItIsDue()
    {
        _queue.Ready(_upload);
        Assert.Same(_upload, _queue.Next());
        await _queue.WaitAsync(CancellationToken.None).WaitAsync(Patience);
        Task waiting = SkipUntilReadyAsync();
        _queue.Park(_upload, 5_000);
        await Task.Delay(50);
        Assert.False(waiting.IsCompleted);
        Interlocked.Exchange(ref _nowMs, 5_000);
        await waiting.WaitAsync(Patience);
    }

    [Fact]
    public void UnansweredSince_AsksOnlyForWhatWasSentBefore()
    {
        _queue.Ready(_upload);
        Assert.Null(_queue.UnansweredSince(_nowMs));
        _upload.UnansweredSinceMs = 500;
        Assert.Null(_queue.UnansweredSince(500));
        Assert.Equal([_upload], _queue.UnansweredSince(501));
    }

    private async Task SkipUntilReadyAsync()
    {
        do
        {
            await _queue.WaitAsync(CancellationToken.None);
        }
        while (_queue.Next() is null);
    }
}
