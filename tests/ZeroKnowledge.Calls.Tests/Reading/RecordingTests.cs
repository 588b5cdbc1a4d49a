namespace ZeroKnowledge.Calls.Tests;

public sealed class RecordingTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Theory]
    [InlineData(Suite.Aes256Gcm, 0)]
    [InlineData(Suite.Aes256Gcm, 1)]
    [InlineData(Suite.Aes256Gcm, 70)]
    [InlineData(Suite.Aegis256, 9)]
    public async Task Read_WhatWasWritten_IsTheSame(Suite suite, int chunks)
    {
        TestRecording recording = TestRecording.Write(_keys, chunks, suite);

        foreach (bool recovery in new[] { false, true })
        {
            RecordingReport report = await recording.VerifyAsync(recording.Options(recovery: recovery));
            Assert.Equal(RecordingState.Complete, report.State);
            Assert.Equal(EndReason.Completed, report.EndReason);
            Assert.Equal((chunks, chunks, chunks), (report.Chunks, report.Verified, report.Signed));
            Assert.Empty(report.Findings);
            Assert.Equal(recording.Written, await recording.ReadAsync(recording.Options(recovery: recovery)), FrameComparer);
        }
    }

    [Fact]
    public async Task Verify_WithoutKey_IsComplete()
    {
        TestRecording recording = TestRecording.Write(_keys, 5);
        RecordingReport report = await recording.VerifyAsync(recording.Options(withKey: false));
        Assert.Equal((RecordingState.Complete, 5, 5), (report.State, report.Verified, report.Signed));
    }

    [Fact]
    public async Task Metadata_OfSealedRecording_IsReleased()
    {
        TestRecording recording = TestRecording.Write(_keys, 2);
        await using Recording opened = await recording.OpenAsync();
        Assert.Equal("call-1", opened.Metadata!.CallId);
        Assert.Equal("+4930123456", opened.Metadata.Parties[0].Address);
        Assert.Equal(recording.Written.Count, opened.Summary!.Frames);
    }

    [Fact]
    public async Task ReadFrames_ByTime_GivesTheFramesThatArrivedThen()
    {
        TestRecording recording = TestRecording.Write(_keys, 10);
        await using Recording opened = await recording.OpenAsync();
        List<Frame> frames = [];
        await foreach (Frame frame in opened.ReadFramesAsync(TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(5.5)))
        {
            frames.Add(frame);
        }

        Frame[] audio = [.. frames.Where(frame => frame.Kind == FrameKind.Audio)];
        Assert.Equal(200, audio.Length);
        Assert.All(audio, frame => Assert.InRange(frame.ArrivalMs, 3500, 5499));
        Assert.All(audio, frame => Assert.True(frame.IsSigned));
        Assert.Equal(recording.Written[350].Payload, audio[0].Payload.ToArray());
    }

    [Fact]
    public async Task SaveAndOpenFile_GivesTheSameRecording()
    {
        TestRecording recording = TestRecording.Write(_keys, 9);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "call.zkc");
        await using (Recording opened = await recording.OpenAsync())
        {
            await opened.SaveAsync(path);
            await opened.ExportWavAsync(path + ".wav");
        }

        await using Recording file = await Recording.OpenFileAsync(path, recording.Options());
        RecordingReport report = await file.VerifyAsync();
        Assert.Equal(RecordingState.Complete, report.State);
        Assert.Empty(report.Findings);
        Assert.Equal(44 + (9 * 8000 * 4), new FileInfo(path + ".wav").Length);
    }

    private static readonly IEqualityComparer<(int Leg, byte[] Payload)> FrameComparer =
        EqualityComparer<(int Leg, byte[] Payload)>.Create((a, b) => a.Leg == b.Leg && a.Payload.AsSpan().SequenceEqual(b.Payload), frame => frame.Leg);
}
