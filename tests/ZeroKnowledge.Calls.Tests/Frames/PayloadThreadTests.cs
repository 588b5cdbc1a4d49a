using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Diagnostics;

namespace ZeroKnowledge.Calls.Tests;

public class PayloadThreadTests
{
    private const int Size = 1_024;
    private const int Rounds = 10_000;

    // Two recordings share three buffers, so that each life of a buffer is likely to be of the other recording, and comes at once.
    // With spare buffers, the media threads end full payloads themselves.
    [Theory]
    [InlineData(1, 2, 0)]
    [InlineData(2, 1, 0)]
    [InlineData(1, 2, 2)]
    public void TryAppend_WhilePumpReusesBuffers_LosesMixesAndReordersNothing(int recordings, int legs, int spares)
    {
        var pool = new ConcurrentQueue<Pooled>(Enumerable.Range(0, recordings + 1).Select(_ => new Pooled()));
        var spare = new ConcurrentQueue<Pooled>(Enumerable.Range(0, spares).Select(_ => new Pooled()));
        Call[] calls = [.. Enumerable.Range(0, recordings).Select(id => new Call(id, legs, Take(pool), spare))];
        bool stop = false;
        Exception? failure = null;
        var clock = Stopwatch.StartNew();
        List<Thread> writers = [];
        foreach (Call call in calls)
        {
            for (int leg = 0; leg < legs; leg++)
            {
                int number = leg;
                var writer = new Thread(() =>
                {
                    try
                    {
                        call.Write(number, clock, ref stop);
                    }
                    catch (Exception e)
                    {
                        Volatile.Write(ref failure, e);
                    }
                });
                writer.Start();
                writers.Add(writer);
            }
        }

        try
        {
            for (uint round = 0; round < Rounds / recordings && Volatile.Read(ref failure) is null; round++)
            {
                foreach (Call call in calls)
                {
                    call.Turn(round, pool);
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            writers.ForEach(writer => writer.Join());
        }

        Assert.Null(failure);
        foreach (Call call in calls)
        {
            call.End();
            Assert.True(call.Accepted > Rounds / recordings, $"Only {call.Accepted} frames were written: the test shows nothing.");
        }
    }

    private static Pooled Take(ConcurrentQueue<Pooled> pool) => pool.TryDequeue(out Pooled? pooled) ? pooled : new Pooled();

    private sealed class Pooled
    {
        public byte[] Memory { get; } = new byte[Size];

        public PayloadBuffer Buffer { get; }

        public Pooled() => Buffer = new PayloadBuffer(Memory, 0, Size) { Container = this };
    }

    private sealed class Call
    {
        private readonly byte _id;
        private readonly int[] _written;
        private readonly int[] _read;
        private readonly LegEncoder[] _legs;
        private readonly ConcurrentQueue<Pooled> _spare;
        private Pooled _current;
        private ParsedPayload? _last;

        public Call(int id, int legs, Pooled first, ConcurrentQueue<Pooled> spare)
        {
            _spare = spare;
            _id = (byte)id;
            _written = new int[legs];
            _read = new int[legs];
            _legs = [.. Enumerable.Range(0, legs).Select(leg => new LegEncoder(this, leg, Leg.Pcma("leg")))];
            _current = first;
            first.Buffer.Open(this, 0, 36);
        }

        public long Accepted => Enumerable.Range(0, _written.Length).Sum(leg => (long)Volatile.Read(ref _written[leg]));

        public void Write(int leg, Stopwatch clock, ref bool stop)
        {
            byte[] payload = new byte[8];
            payload[0] = _id;
            payload[1] = (byte)leg;
            while (!Volatile.Read(ref stop))
            {
                int number = _written[leg];
                BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(4), number);
                Span<byte> bytes = payload.AsSpan(0, 8);
                var frame = new MediaFrame(FrameKind.Audio, 8, unchecked((ushort)number), (uint)number * 160, (uint)(number / 1_000), number % 50 == 0, bytes);
                PayloadBuffer buffer = Volatile.Read(ref _current).Buffer;

                // Microseconds instead of milliseconds, so that arrivals differ.
                AppendResult result = buffer.TryAppend(_legs[leg], frame, (uint)clock.Elapsed.TotalMicroseconds);
                switch (result)
                {
                    case AppendResult.Accepted:
                        Volatile.Write(ref _written[leg], number + 1);
                        break;
                    case AppendResult.Full when _spare.TryDequeue(out Pooled? spare):
                        spare.Buffer.Prepare(this, 36);
                        if (!buffer.TryOverflow(this, spare.Buffer))
                        {
                            spare.Buffer.Release();
                            _spare.Enqueue(spare);
                        }

                        break;
                    case AppendResult.Full:
                        Thread.Yield();
                        break;
                    case AppendResult.Closed:
                        // Only because the buffer is another recording's by now; then another one is the current one.
                        break;
                    default:
                        throw new InvalidOperationException($"The frame was {result}.");
                }
            }
        }

        public void Turn(uint tick, ConcurrentQueue<Pooled> pool)
        {
            // Every other payload is closed at once; for the others a frame is waited for, so that the test shows something.
            long before = Accepted;
            var spin = default(SpinWait);
            while (tick % 2 == 0 && Accepted == before && spin.Count < 100)
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }

            Pooled closed = _current;
            Pooled next = Take(pool);
            next.Buffer.Prepare(this, 36);
            PayloadBuffer? successor = closed.Buffer.Close(next.Buffer);
            Volatile.Write(ref _current, (Pooled)successor!.Container!);
            closed.Buffer.Finish(tick);
            Check(closed.Memory);
            closed.Buffer.Release();
            if (_current == next)
            {
                pool.Enqueue(closed);
                return;
            }

            // A media thread put in a spare one.
            next.Buffer.Release();
            pool.Enqueue(next);
            _spare.Enqueue(closed);
        }

        public void End()
        {
            for (uint tick = Rounds; ; tick++)
            {
                PayloadBuffer? successor = _current.Buffer.Close(null);
                _current.Buffer.Finish(tick);
                Check(_current.Memory);
                if (successor is null)
                {
                    break;
                }

                _current = (Pooled)successor.Container!;
            }

            Assert.Equal(_written, _read);
        }

        private void Check(byte[] memory)
        {
            ParsedPayload parsed = Payloads.Parse(memory);
            Assert.True(_last is null || parsed.MayFollow(_last));
            _last = parsed;
            foreach (Frame frame in parsed.Frames.Where(frame => frame.Kind == FrameKind.Audio))
            {
                ReadOnlySpan<byte> payload = frame.Payload.Span;
                Assert.Equal((_id, frame.Leg), (payload[0], payload[1]));
                Assert.Equal(_read[frame.Leg]++, BinaryPrimitives.ReadInt32BigEndian(payload[4..]));
            }
        }
    }
}
