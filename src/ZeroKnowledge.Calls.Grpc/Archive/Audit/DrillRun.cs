namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The restore drill: opens recordings one after the other as their owner would, and takes the time.</summary>
internal sealed class DrillRun(ArchiveClient archive, AuditOptions options)
{
    public async Task<RestoreDrill> RunAsync(IReadOnlyList<RegisteredRecording> sample, long pickedFrom, Action<int> restored, CancellationToken cancellationToken)
    {
        long start = options.TimeProvider.GetTimestamp();
        TimeSpan? firstAudio = null;
        List<RestoredRecording> recordings = [];
        foreach (RegisteredRecording row in sample)
        {
            TimeSpan before = options.TimeProvider.GetElapsedTime(start);
            RestoredRecording recording = await RestoreAsync(row, cancellationToken).ConfigureAwait(false);
            recordings.Add(recording);
            firstAudio ??= before + recording.FirstAudio;
            restored(recordings.Count);
        }

        return new RestoreDrill
        {
            Recordings = recordings, PickedFrom = pickedFrom, FirstAudio = firstAudio, Elapsed = options.TimeProvider.GetElapsedTime(start),
        };
    }

    private async Task<RestoredRecording> RestoreAsync(RegisteredRecording row, CancellationToken cancellationToken)
    {
        long start = options.TimeProvider.GetTimestamp();
        RestoredRecording result = new()
        {
            CoreId = row.Header.CoreId, RecordingId = row.Header.RecordingId, Begun = row.Header.Begun, IsRestored = false,
        };
        try
        {
            ReaderOptions reader = new() { Trust = options.Trust, Identity = options.Identity, Register = options.Register };
            Recording recording = await archive.OpenAsync(row.Header.CoreId, reader, cancellationToken).ConfigureAwait(false);
            await using (recording.ConfigureAwait(false))
            {
                result = await RestoreAsync(recording, result, start, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CallRecordingException e)
        {
            result = result with { Finding = e.Message };
        }

        return result with { Elapsed = options.TimeProvider.GetElapsedTime(start) };
    }

    private async Task<RestoredRecording> RestoreAsync(Recording recording, RestoredRecording result, long start, CancellationToken cancellationToken)
    {
        RecordingHeader header = recording.Header;
        result = result with { Chunks = recording.Chunks };
        Statement? newest = recording.Evidence.Statements!.Newest;
        if (newest is null)
        {
            return result with { Finding = "No statement of the writer is there: nothing is signed." };
        }

        if (newest.ChunkCount > recording.Chunks)
        {
            return result with { Finding = $"A {newest} is known, and the archive has {recording.Chunks}." };
        }

        bool isEnded = newest.Type is StatementType.Seal or StatementType.Recovery;
        foreach (int index in new[] { 0, recording.Chunks - 1 }.Distinct().Where(index => recording.Chunks > 0))
        {
            ParsedPayload? payload = await recording.OpenChunkAsync(index, cancellationToken).ConfigureAwait(false);
            if (payload is not null)
            {
                DateTimeOffset arrival = UnixTime.FromMs(header.BegunMs + (ulong)payload.LatestMs);
                TimeSpan age = options.TimeProvider.GetUtcNow() - arrival;
                result = result with
                {
                    FirstAudio = result.FirstAudio ?? options.TimeProvider.GetElapsedTime(start),
                    NewestAudio = arrival,
                    Rpo = isEnded || age < TimeSpan.Zero ? TimeSpan.Zero : age,
                };
            }
            else if (recording.MissingKey(index) != RangeStatus.Erased)
            {
                return result with { Finding = $"There is no key for chunk {index}, and no trusted owner says that it was erased." };
            }
        }

        return result with { IsRestored = true };
    }
}
