using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What happens to a recording on its tick: its payload is closed, encrypted, and handed to the upload; at the end it is sealed. One per pump thread.</summary>
internal sealed class ChunkEmitter(RecordingLifecycle recorder)
{
    // Both limits of the format, with room for the time that a linked recording takes to begin.
    private const int LastChunks = Format.MaxChunks - 1_000;
    private const long LastArrivalMs = int.MaxValue - 600_000L;

    private readonly NonceBatch _nonces = new();

    /// <summary>So many recordings may be due now.</summary>
    public void BeginPass(int recordings) => _nonces.Begin(recordings);

    public void EndPass() => _nonces.End();

    /// <returns>False if the recording has ended.</returns>
    public bool Tick(RecordingLife life, long now)
    {
        try
        {
            return Emit(life, now);
        }
#pragma warning disable CA1031 // Whatever happens to one recording, the pump goes on for the others.
        catch (Exception e)
#pragma warning restore CA1031
        {
            recorder.PumpFailed(life, e);
            return false;
        }
    }

    private bool Emit(RecordingLife life, long now)
    {
        long tick = ((now - life.BegunMs) / life.TickMs) - 1;
        if (tick <= life.LastTick)
        {
            return true;
        }

        CallWriter call = life.Call;
        if (call.Ending == EndReason.Discarded && life.Writer!.ChunkCount == 0 && life.IsFirst)
        {
            recorder.Discarded(life);
            return false;
        }

        // Before the switch: what was masked until now belongs to this recording.
        call.Mask?.Tick(now, life.Policy.MaxMask, tells: !life.WasBlocked);

        // A recording ends when its last payload was sent. While media has begun a second one, that one leaves on the next tick.
        bool ending = call.TrySwitch(life) || call.Ending != EndReason.None;
        if (!recorder.Spool.TryReserve(life.Writer!.StoredChunkSize, ending))
        {
            // Nothing is lost by waiting: the payload stays.
            recorder.SpoolIsFull();
            life.WasBlocked = true;
            return true;
        }

        life.HasReserved = true;
        recorder.SpoolHasRoom();
        bool ends = ending && !life.Current.Payload.IsClosed;
        bool more = Chunk(life, tick, ends, now);
        if (!ends || more)
        {
            if (!ending)
            {
                recorder.Link(life, life.Writer.ChunkCount >= LastChunks || now - life.BegunMs >= LastArrivalMs);
            }

            return true;
        }

        recorder.Seal(life);
        return false;
    }

    /// <returns>True if there is another payload, to be sent on a later tick.</returns>
    private bool Chunk(RecordingLife life, long tick, bool last, long now)
    {
        RecordingWriter writer = life.Writer!;
        ChunkBuffer? next = null;
        if (last)
        {
            // There is no next chunk to begin with what was dropped.
            Gaps(life, tick, now);
        }
        else
        {
            next = life.Pool.Rent();
            next.Payload.Prepare(life, life.Reserve);
            life.Pool.Restock();
        }

        ChunkBuffer chunk = life.Current;
        PayloadBuffer? successor = chunk.Payload.Close(next?.Payload);
        if (next is not null)
        {
            if (ReferenceEquals(successor, next.Payload))
            {
                life.CountPayload();
            }
            else
            {
                life.Pool.Return(next);
            }
        }

        if (successor is not null)
        {
            life.Current = (ChunkBuffer)successor.Container!;
        }

        life.Frames += chunk.Payload.Finish((uint)tick).MediaFrames;
        chunk.Index = writer.EncryptChunk(chunk.Stored.Span, chunk.Leaf.Span, _nonces);
        chunk.IsEncrypted = true;
        if (writer.ChunkCount % life.CheckpointEvery == 0 || life.WantsCheckpoint)
        {
            life.WantsCheckpoint = false;
            chunk.Checkpoint = life.Pool.RentCheckpoint();
            chunk.Checkpoint.Sign(writer, recorder.UtcNow);
        }

        recorder.Spool.Append(life.Spooled!, chunk);
        life.HasReserved = false;
        recorder.Meter.Chunks.Add(1);
        if (!last)
        {
            Gaps(life, tick, now);
        }

        life.LastTick = tick;
        life.WasBlocked = false;
        return successor is not null;
    }

    // What was dropped since the last tick, and ticks that nobody gave, become gaps in the payload.
    private void Gaps(RecordingLife life, long tick, long now)
    {
        uint arrival = RecordingLifecycle.ArrivalMs(life, now);
        for (int leg = 0; leg < Format.MaxLegs; leg++)
        {
            if (life.Drops(leg) is { } drops && drops.TryTake(arrival, out int frames, out uint duration, out GapReason reason))
            {
                if (life.TryAppendGap(leg, duration, reason, arrival) != AppendResult.Accepted)
                {
                    // Gaps of masks have filled the payload up: it is told on the next tick.
                    drops.Add(reason, arrival - duration, frames);
                    continue;
                }

                life.DroppedFrames += frames;
                life.Call.CountDropped(frames);
                recorder.Meter.DroppedFrames.Add(frames);
            }
        }

        long missed = tick - life.LastTick - 1;
        if (missed <= 0 || life.LastTick < 0)
        {
            return;
        }

        recorder.Meter.MissedTicks.Add(missed);
        // While the spool was full, frames were kept or counted as dropped: there is nothing else to tell.
        if (!life.WasBlocked)
        {
            life.TryAppendGap(Format.AllLegs, missed * life.TickMs, GapReason.Clock, arrival);
        }
    }
}
