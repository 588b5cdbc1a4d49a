using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// How long chunks take from the end of their tick until the archive's answer is here that they are durable. A sample of the calls is looked at every 5 ms.
/// </summary>
internal sealed class AckLag : IDisposable
{
    private const int SampledCalls = 200;
    private const int IntervalMs = 5;

    private readonly RecordingLifecycle _recorder;
    private readonly Sample[] _samples;
    private readonly List<double> _lags = [];
    private readonly Thread _thread;
    private volatile bool _stopping;

    public AckLag(RecordingLifecycle recorder, IReadOnlyList<CallWriter> calls)
    {
        _recorder = recorder;
        int step = Math.Max(1, calls.Count / SampledCalls);
        _samples = [.. calls.Where((_, i) => i % step == 0).Select(call => new Sample(call.Life))];
        _thread = new Thread(Watch) { IsBackground = true, Name = "ack lag" };
        _thread.Start();
    }

    /// <summary>Ends the looking.</summary>
    /// <returns>All lags that were seen, ascending, in ms.</returns>
    public IReadOnlyList<double> Stop()
    {
        Dispose();
        return [.. _lags.Order()];
    }

    public void Dispose()
    {
        _stopping = true;
        _thread.Join();
    }

    private void Watch()
    {
        while (!_stopping)
        {
            long now = _recorder.NowMs;
            foreach (Sample sample in _samples)
            {
                sample.Look(now, _lags);
            }

            Thread.Sleep(IntervalMs);
        }
    }

    private sealed class Sample
    {
        private readonly RecordingLife _life;
        private readonly ArchiveUpload _upload;
        private readonly long _firstTick;
        private int _durable;

        public Sample(RecordingLife life)
        {
            _life = life;
            _upload = life.Spooled!.Uploads[0];
            _durable = _upload.DurableChunks;
            _firstTick = FirstTick(life);
        }

        public void Look(long now, List<double> lags)
        {
            for (int durable = _upload.DurableChunks; _durable < durable; _durable++)
            {
                lags.Add(now - (_life.BegunMs + ((_firstTick + _durable + 1) * _life.TickMs)));
            }
        }

        // While no tick is skipped, chunk i is that of tick first + i. The pump changes both, one after the other.
        private static long FirstTick(RecordingLife life)
        {
            while (true)
            {
                long first = life.LastTick - life.Writer!.ChunkCount + 1;
                Thread.Sleep(1);
                if (life.LastTick - life.Writer!.ChunkCount + 1 == first)
                {
                    return first;
                }
            }
        }
    }
}
