namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>Writes a sealed recording of one G.711 leg into a <c>.zkc</c> file, without waiting for its seconds to pass.</summary>
internal static class SampleRecording
{
    private const int TickMs = 1_000;
    private const int FrameMs = 20;

    private static readonly DateTimeOffset Begun = DateTimeOffset.UnixEpoch.AddYears(56);

    /// <returns>The envelope, to open it.</returns>
    public static async Task<KeyEnvelope> WriteAsync(string path, Customer customer, Suite suite, int chunks)
    {
        Leg leg = Leg.Pcma("caller");
        using RecordingWriter writer = RecordingWriter.Begin(
            customer.Policy(suite),
            new CallMetadata { CallId = "benchmark", Legs = [leg] },
            new RecordingId(Guid.NewGuid().ToByteArray()),
            Begun,
            default,
            SecretSlabs.Shared,
            out RecordingStart start);
        await using FileStream file = File.Create(path);
        ContainerWriter container = new(file);
        await container.BeginAsync(start.Header.ToArray(), start.OpeningRecord, start.Checkpoint.ToArray(), CancellationToken.None);

        object owner = new();
        LegEncoder encoder = new(owner, 0, leg);
        byte[] stored = new byte[writer.StoredChunkSize], statement = new byte[Statement.Size];
        for (int tick = 0; tick < chunks; tick++)
        {
            Fill(stored, writer.PayloadOffset, start.Header.PayloadSize, owner, encoder, tick);
            writer.EncryptChunk(stored);
            await container.ChunkAsync(stored, CancellationToken.None);
            if (writer.ChunkCount % RecordingPolicy.DefaultCheckpointEvery == 0)
            {
                writer.WriteCheckpoint(Begun.AddSeconds(tick + 1), statement);
                await container.StatementAsync(statement, CancellationToken.None);
            }
        }

        byte[] closing = new byte[Format.ClosingPadded + Format.Overhead(suite)];
        writer.Seal(new CallSummary(Begun.AddSeconds(chunks), EndReason.Completed, chunks * (TickMs / FrameMs), 0, TimeSpan.Zero), closing, statement);
        await container.EndAsync(closing, statement, CancellationToken.None);
        return start.Envelope;
    }

    private static void Fill(byte[] stored, int offset, int size, object owner, LegEncoder encoder, int tick)
    {
        PayloadBuffer payload = new(stored, offset, size);
        payload.Open(owner, (uint)(tick * TickMs), PayloadSize.Reserve(1));
        byte[] packet = SpokenFrame.MakePacket(FrameMs);
        for (int i = 0; i < TickMs / FrameMs; i++)
        {
            SpokenFrame.SetNumber(packet, (tick * (TickMs / FrameMs)) + i, FrameMs);
            if (!RtpPacket.TryParse(packet, out RtpPacket rtp)
                || payload.TryAppend(encoder, new MediaFrame(encoder.KindOf(rtp.PayloadType), rtp), (uint)((tick * TickMs) + (i * FrameMs))) != AppendResult.Accepted)
            {
                throw new InvalidOperationException("A frame was not accepted.");
            }
        }

        payload.Close(null);
        payload.Finish((uint)tick);
    }
}
