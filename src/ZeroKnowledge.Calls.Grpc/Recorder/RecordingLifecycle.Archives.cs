namespace ZeroKnowledge.Calls.Grpc;

// What the archives say of recordings.
internal sealed partial class RecordingLifecycle
{
    private const int MaxForkLinks = 3;

    // A record may move while it is looked up.
    private const int Lookups = 3;

    /// <summary>An archive has all of a recording.</summary>
    public void Stored(SpooledRecording recording, Receipt receipt)
    {
        Register.AddReceipt(recording.CoreId, receipt);
        if (Interlocked.Increment(ref recording.Receipts) == _durableArchives && recording.Life is { } life && ReferenceEquals(life.Call.Life, life))
        {
            life.Call.Outcome.SetDurable(receipt);
            _calls.TryRemove(life.Call, out _);
        }

        Settle(recording);
    }

    /// <summary>Gives up what every archive has. When all are through, the spool forgets the recording, once the register has what they said.</summary>
    public void Settle(SpooledRecording recording)
    {
        if (Spool.Release(recording) && Interlocked.Exchange(ref recording.IsSettled, 1) == 0 && !Earlier.Holds(recording))
        {
            ForgetIfSettled(recording);
        }
    }

    /// <summary>Nothing is kept for a recording any more but what an archive lacks.</summary>
    public void ForgetIfSettled(SpooledRecording recording)
    {
        if (Volatile.Read(ref recording.IsSettled) != 0)
        {
            // Once more: a chunk may have come between.
            Spool.Release(recording);
            if (recording.Life is { } life && life.Call.IsClosed && ReferenceEquals(life.Call.Life, life))
            {
                _calls.TryRemove(life.Call, out _);
            }

            Register.After(recording.CoreId, () => Spool.Done(recording));
        }
    }

    /// <summary>The seal or the recovery that the spool has of a recording; null while it has none.</summary>
    public static Statement? FinalStatement(SpooledRecording recording)
    {
        for (int i = 0; i < Lookups; i++)
        {
            SpoolLocation location = recording.End.IsNone ? recording.Recovery : recording.End;
            byte[] record = new byte[location.Size];
            if (!location.IsNone && location.Segment.TryRead(location, record)
                && Statement.TryParse(record.AsSpan(SpoolRecord.HeadSize, Statement.Size), out Statement? statement, out _))
            {
                return statement;
            }
        }

        return null;
    }

    /// <summary>An archive is through with a recording that it will never have whole.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="why">What happened.</param>
    /// <param name="link">The call may go on in a linked recording, a few times.</param>
    public void NotStored(SpooledRecording recording, ArchiveException why, bool link)
    {
        Meter.Unstored.Add(1);
        int refusals = Interlocked.Increment(ref recording.Refusals);
        Settle(recording);
        if (recording.Life is not { } life)
        {
            return;
        }

        CallWriter call = life.Call;
        if (refusals < recording.Uploads.Count)
        {
            if (refusals > recording.Uploads.Count - _durableArchives)
            {
                NotDurable(call, why);
            }
        }
        else if (!link || !TryLink(life))
        {
            Failed(call, why);
        }
    }

    /// <summary>An archive no longer has what it had acknowledged. It is asked again; the call goes on in a linked recording if no archive has this one whole.</summary>
    public void Lost(SpooledRecording recording)
    {
        Meter.Unstored.Add(1);
        if (recording.Life is { } life && recording.Uploads.All(upload => upload.IsOver || upload.IsLost))
        {
            TryLink(life);
        }
    }

    private static bool TryLink(RecordingLife life)
    {
        CallWriter call = life.Call;
        if (call.IsClosed || ++call.ForkLinks > MaxForkLinks)
        {
            return false;
        }

        call.RequestLink(life, new LinkRequest(life.Policy, life.Metadata));
        return true;
    }

    // Another archive still takes it: the call goes on.
    private void NotDurable(CallWriter call, ArchiveException why)
    {
        RecorderLog.CallFailed(_logger, why, call.RecordingId);
        Meter.FailedCalls.Add(1);
        call.Outcome.FailDurable(why);
        CallFailed(new CallFailedEventArgs(call, why));
    }
}
