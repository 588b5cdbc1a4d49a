namespace ZeroKnowledge.Calls.Tests;

public sealed class LinkedCallTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Join_LinkedRecordings_PlayAsOneCallWithASeam()
    {
        TestRecording first = TestRecording.Write(_keys, 2, end: EndReason.Continued);
        TestRecording second = TestRecording.Write(_keys, 3, previous: first.CoreId);
        await using Recording one = await first.OpenAsync();
        await using Recording two = await second.OpenAsync();
        LinkedCall call = LinkedCall.Join(one, two);
        Assert.Equal("call-1", call.CallId);
        Seam seam = Assert.Single(call.Seams);
        Assert.Equal((first.CoreId, second.CoreId, _keys.Gateway.PublicKey), (seam.Earlier, seam.Later, seam.LaterGateway));
        List<byte[]> audio = [];
        await foreach ((_, Frame frame) in call.ReadFramesAsync())
        {
            if (frame.Kind == FrameKind.Audio)
            {
                audio.Add(frame.Payload.ToArray());
            }
        }

        Assert.Equal(first.Written.Concat(second.Written).Select(frame => frame.Payload), audio);
    }

    [Fact]
    public async Task Join_OfAnotherCall_IsRefused()
    {
        TestRecording first = TestRecording.Write(_keys, 1);
        TestRecording other = TestRecording.Write(_keys, 1, callId: "call-2", previous: first.CoreId);
        await using Recording one = await first.OpenAsync();
        await using Recording two = await other.OpenAsync();
        Assert.Contains("another call", Assert.Throws<TamperedException>(() => LinkedCall.Join(one, two)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_NotLinked_IsRefused()
    {
        TestRecording first = TestRecording.Write(_keys, 1);
        TestRecording other = TestRecording.Write(_keys, 1);
        await using Recording one = await first.OpenAsync();
        await using Recording two = await other.OpenAsync();
        Assert.Contains("does not continue", Assert.Throws<TamperedException>(() => LinkedCall.Join(one, two)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_WithoutAKey_IsRefused()
    {
        TestRecording first = TestRecording.Write(_keys, 1);
        await using Recording one = await first.OpenAsync(first.Options(withKey: false));
        Assert.Throws<TamperedException>(() => LinkedCall.Join(one));
    }
}
