namespace ZeroKnowledge.Calls.Grpc.Tests;

public sealed class CallRecorderTests(RecorderFixture fixture) : IClassFixture<RecorderFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Suite.Aes256Gcm)]
    [InlineData(Suite.Aegis256)]
    public async Task Record_TwoLegsOverTheArchive_IsReadBackTheSame(Suite suite)
    {
        await using CallRecorder recorder = await fixture.StartAsync(fixture.Policy(100, suite));
        CallWriter call = recorder.Begin(new CallMetadata { CallId = "a84b4c76e66710", Legs = [Leg.Pcma("caller"), Leg.Pcma("assistant")] });
        List<(int Leg, byte[] Payload)> written = [];
        for (int i = 0; i < 60; i++)
        {
            for (int leg = 0; leg < 2; leg++)
            {
                byte[] payload = new byte[160];
                Random.Shared.NextBytes(payload);
                Assert.Equal(WriteResult.Accepted, call.WriteRtp(leg, RecorderFixture.Rtp((ushort)i, (uint)(i * 160), 8, payload)));
                written.Add((leg, payload));
            }

            await Task.Delay(20);
        }

        await call.Started.WaitAsync(Patience);
        call.Complete();
        Receipt receipt = await call.Durable.WaitAsync(Patience);
        Assert.Equal(WriteResult.Ended, call.WriteRtp(0, RecorderFixture.Rtp(0, 0, 8, new byte[160])));

        ArchiveClient archive = new(fixture.Channel);
        foreach (bool recovery in new[] { false, true })
        {
            await using Recording recording = await archive.OpenAsync(call.RecordingId, fixture.Reader(recovery));
            RecordingReport report = await recording.VerifyAsync();
            Assert.Empty(report.Findings);
            Assert.Equal(RecordingState.Complete, report.State);
            Assert.True(report.RegisterChecked);
            Assert.Equal(receipt.ChunkCount, report.Chunks);
            Assert.Equal("a84b4c76e66710", recording.Metadata!.CallId);
            Assert.Equal(written.Count, recording.Summary!.Frames);
            Assert.Equal(written.Select(w => (w.Leg, Convert.ToHexString(w.Payload))), await Audio(recording));
        }
    }

    internal static async Task<List<(int Leg, string Payload)>> Audio(Recording recording)
    {
        List<(int, string)> frames = [];
        await foreach (Frame frame in recording.ReadFramesAsync())
        {
            if (frame.Kind is FrameKind.Audio or FrameKind.Event)
            {
                frames.Add((frame.Leg, Convert.ToHexString(frame.Payload.Span)));
            }
        }

        return frames;
    }
}
