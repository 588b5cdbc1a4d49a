using System.Diagnostics;
using System.Threading.Channels;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Sets recordings up off the media threads: keys, header and envelope, then the register, in batches. Thread-safe.</summary>
internal sealed class RecordingSetup(RecordingLifecycle recorder, IRegister register)
{
    private const int MaxBatch = 256;

    // Frames wait meanwhile, and only so many find room.
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Channel<RecordingLife> _waiting = Channel.CreateUnbounded<RecordingLife>();

    public void Add(RecordingLife life)
    {
        life.Pool.BeginSetup();
        if (!_waiting.Writer.TryWrite(life))
        {
            // The recorder has stopped meanwhile.
            recorder.SetupFailed(life, new ObjectDisposedException(nameof(CallRecorder)));
        }
    }

    public void Complete() => _waiting.Writer.TryComplete();

    public async Task RunAsync()
    {
        List<(RecordingLife Life, RecordingStart Start)> batch = [];
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out RecordingLife? life))
            {
                if (TryBegin(life) is { } start)
                {
                    batch.Add((life, start));
                }
            }

            await RegisterAsync(batch).ConfigureAwait(false);
            batch.Clear();
        }
    }

    private RecordingStart? TryBegin(RecordingLife life)
    {
        try
        {
            RecordingId id = life.IsFirst ? life.Call.RecordingId : RecordingLifecycle.NewRecordingId();
            SecretSlot slot = life.Slot ?? recorder.Slabs.Rent();
            life.Slot = null;
            life.Writer = RecordingWriter.Begin(life.Policy, life.Metadata, id, life.Begun, life.Previous, slot, out RecordingStart start);
            // Before the register has it: then whatever the register knows is in an archive one day, or forgotten on purpose.
            life.Spooled = recorder.Spool.Begin(life, start, life.Metadata.CallId);
            life.Pool.Stock();
            return start;
        }
#pragma warning disable CA1031 // A gateway key in hardware may throw anything; the call fails, and the others are set up.
        catch (Exception e)
#pragma warning restore CA1031
        {
            recorder.SetupFailed(life, e);
            return null;
        }
    }

    // The envelope is durable in the register, or in a file of its own, before the first chunk leaves.
    private async Task RegisterAsync(List<(RecordingLife Life, RecordingStart Start)> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        using Activity? activity = RecorderActivity.Setup(batch.Count);
        if (await TryRegisterAsync(batch).ConfigureAwait(false))
        {
            batch.ForEach(item => recorder.SetupDone(item.Life));
            return;
        }

        activity?.SetStatus(ActivityStatusCode.Error, "The register is away.");
        foreach ((RecordingLife life, RecordingStart start) in batch)
        {
            KeepInFile(life, start);
        }

        recorder.Register.Retry();
    }

    private async Task<bool> TryRegisterAsync(List<(RecordingLife Life, RecordingStart Start)> batch)
    {
        if (recorder.Register.IsAway)
        {
            return false;
        }

        try
        {
            await recorder.Spool.WhenWritten().WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A disk that is full or slow: the register is not kept waiting for it.
        }

        try
        {
            using CancellationTokenSource patience = new(Patience);
            RegisteredRecording[] rows = [.. batch.Select(item => item.Start.ToRegister())];
            // On a thread of its own: another store may block it, and the calls behind this batch must not wait for that.
            await Task.Run(() => register.AddAsync(rows, patience.Token).AsTask()).WaitAsync(Patience).ConfigureAwait(false);
            return true;
        }
#pragma warning disable CA1031 // Another store may throw anything, or hang: the call is recorded all the same.
        catch (Exception e)
#pragma warning restore CA1031
        {
            RecorderLog.RegisterAway(recorder.Logger, e, batch.Count);
            return false;
        }
    }

    private void KeepInFile(RecordingLife life, RecordingStart start)
    {
        try
        {
            recorder.Spool.Envelopes.Write(start);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            recorder.SetupFailed(life, new RegisterException(
                $"The key envelope of recording {start.Header.CoreId} could be kept neither in the register nor in the spool: {e.Message}", e));
            return;
        }

        recorder.SetupDone(life);
    }
}
