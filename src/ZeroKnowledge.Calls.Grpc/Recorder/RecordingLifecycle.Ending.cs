namespace ZeroKnowledge.Calls.Grpc;

// How recordings and calls end.
internal sealed partial class RecordingLifecycle
{
    /// <summary>At the stop: nobody waits any longer for the end of a call. What the spool has of it is recovered by the next recorder.</summary>
    public void GiveUp(CallWriter call)
    {
        RecorderLog.GivenUp(_logger, call.RecordingId);
        Ended(call);
    }

    /// <summary>The call's recording cannot be kept: it ends.</summary>
    public void Failed(CallWriter call, Exception e)
    {
        bool tells = call.Outcome.TryTell();
        if (tells)
        {
            RecorderLog.CallFailed(_logger, e, call.RecordingId);
            Meter.FailedCalls.Add(1);
        }

        call.Fail(e);
        _calls.TryRemove(call, out _);
        if (tells)
        {
            CallFailed(new CallFailedEventArgs(call, e));
        }
    }

    public void PumpFailed(RecordingLife life, Exception e)
    {
        RecorderLog.PumpFailed(_logger, e, life.Call.RecordingId);
        if (life.Writer is { } writer)
        {
            writer.Dispose();
            if (life.HasReserved)
            {
                Spool.Unreserve(writer.StoredChunkSize);
            }
        }

        // Where it stopped is not known, so its payloads are left to the collector rather than given to another call.
        life.IsOver = true;
        Ended(life.Call);
        Failed(life.Call, e);
    }

    /// <summary>Seals a recording whose last chunk was taken: because its call has ended, or because a linked one has taken over.</summary>
    public void Seal(RecordingLife life)
    {
        CallWriter call = life.Call;
        RecordingLife? continuation = ReferenceEquals(call.Life, life) ? null : life.Continuation;
        RecordingWriter writer = life.Writer!;
        byte[] closing = new byte[Format.ClosingPadded + Format.Overhead(writer.Suite)];
        byte[] seal = new byte[Statement.Size];
        EndReason reason = continuation is null ? call.Ending : EndReason.Continued;
        writer.Seal(new CallSummary(UtcNow, reason, life.Frames, life.DroppedFrames, TimeSpan.FromMilliseconds(life.GapMs)), closing, seal);
        Spool.End(life.Spooled!, closing, seal);
        // Its last payload is the chunk that the upload has.
        life.IsOver = true;
        if (continuation is not null)
        {
            continuation.LastTick = ((NowMs - continuation.BegunMs) / continuation.TickMs) - 1;
            Pump(continuation);
            return;
        }

        if (call.TakeUnused(life) is { } unused)
        {
            Forget(unused);
        }

        Ended(call);
        if (Volatile.Read(ref life.Spooled!.Refusals) == life.Spooled.Uploads.Count && !call.Outcome.IsFailed)
        {
            // It was to go on in a linked recording.
            Failed(call, new ArchiveException($"No archive has recording {writer.CoreId}, and the call ended before a linked one took over."));
        }
    }

    public void Discarded(RecordingLife life)
    {
        Forget(life);
        life.Call.Fail(new CallRecordingException("The call was discarded before anything left the process."));
        Ended(life.Call);
        _calls.TryRemove(life.Call, out _);
    }

    /// <summary>The recorder stops: what is not stored by now will not be.</summary>
    public void Abandon(Exception reason)
    {
        foreach (CallWriter call in _calls.Keys)
        {
            call.Fail(reason);
            Wipe(call.Life);
            call.Life.Writer?.Dispose();
        }
    }

    private void Ended(CallWriter call)
    {
        if (call.TryFinish())
        {
            Admission.Dismiss(call.MemoryBytes);
            if (call.Outcome.IsFailed)
            {
                _calls.TryRemove(call, out _);
            }
        }
    }

    // Nothing of it has left the gateway: not even the register keeps it.
    private void Forget(RecordingLife life)
    {
        SpooledRecording spooled = life.Spooled!;
        Register.Remove(spooled.CoreId);
        Register.After(spooled.CoreId, () => Spool.Done(spooled));
        life.Writer!.Dispose();
        Wipe(life);
    }

    // Also what media put into a second payload.
    private static void Wipe(RecordingLife life)
    {
        if (life.IsOver)
        {
            return;
        }

        life.IsOver = true;
        for (ChunkBuffer? buffer = life.Current; buffer is not null;)
        {
            PayloadBuffer? next = buffer.Payload.Close(null);
            life.Pool.Return(buffer);
            buffer = (ChunkBuffer?)next?.Container;
        }
    }
}
