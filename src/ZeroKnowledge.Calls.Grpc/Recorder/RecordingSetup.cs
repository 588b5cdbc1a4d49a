using System.Threading.Channels;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>Sets recordings up off the media threads: keys, header and envelope, then the register, in batches. Thread-safe.</summary>
internal sealed class RecordingSetup(RecordingLifecycle recorder, IRegister register)
{
    private const int MaxBatch = 256;

    private readonly Channel<RecordingLife> _waiting = Channel.CreateUnbounded<RecordingLife>();

    public void Add(RecordingLife life) => _waiting.Writer.TryWrite(life);

    public void Complete() => _waiting.Writer.TryComplete();

    public async Task RunAsync()
    {
        List<RecordingLife> batch = [];
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (batch.Count < MaxBatch && _waiting.Reader.TryRead(out RecordingLife? life))
            {
                if (TryBegin(life))
                {
                    batch.Add(life);
                }
            }

            await RegisterAsync(batch).ConfigureAwait(false);
            batch.Clear();
        }
    }

    private bool TryBegin(RecordingLife life)
    {
        try
        {
            RecordingId id = life.Previous.IsZero ? life.Call.RecordingId : RecordingLifecycle.NewRecordingId();
            life.Writer = RecordingWriter.Begin(life.Policy, life.Metadata, id, life.Begun, life.Previous, recorder.Slabs, out RecordingStart start);
            life.Start = start;
            life.Pool.Stock();
            return true;
        }
        catch (Exception e) when (e is CallRecordingException or ArgumentException or ObjectDisposedException or InvalidOperationException or OutOfMemoryException)
        {
            recorder.SetupFailed(life, e);
            return false;
        }
    }

    // The envelope is durable in the register before the first chunk leaves.
    private async Task RegisterAsync(List<RecordingLife> batch)
    {
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            await register.AddAsync([.. batch.Select(life => life.Start!.ToRegister())]).ConfigureAwait(false);
        }
        catch (RegisterException) when (batch.Count > 1)
        {
            // One bad row must not take the others with it.
            foreach (RecordingLife life in batch)
            {
                await RegisterAsync([life]).ConfigureAwait(false);
            }

            return;
        }
        catch (Exception e) when (e is RegisterException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            batch.ForEach(life => recorder.SetupFailed(life, e));
            return;
        }

        batch.ForEach(recorder.SetupDone);
    }
}
