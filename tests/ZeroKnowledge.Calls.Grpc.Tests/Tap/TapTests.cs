using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Grpc.Tests.Tap;

/// <summary>What comes to a port is recorded as it came.</summary>
public sealed class TapTests(TapFixture tap) : IClassFixture<TapFixture>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Packets_LostReorderedDoubledAndOfAnotherSource_AreRecordedAsTheyCame()
    {
        (string id, int[] ports) = await tap.BeginAsync("network");
        (ushort Sequence, uint Ssrc)[] sent =
        [
            (65_534, 1), (65_535, 1), (0, 1), (3, 1), (2, 1), (2, 1), (4, 1), (900, 2), (901, 2),
        ];
        using (UdpClient sender = new())
        {
            sender.Connect(IPAddress.Loopback, ports[0]);
            foreach ((ushort sequence, uint ssrc) in sent)
            {
                await sender.SendAsync(RecorderFixture.Rtp(sequence, sequence * 160u, 8, Payload(sequence), ssrc));
            }

            await sender.SendAsync(new byte[] { 1, 2, 3 });
            await sender.SendAsync(Array.Empty<byte>());
            await WaitAsync(id, 0, "refused", 2);
        }

        Assert.Equal((9, 9), (await tap.CountAsync(id, 0, "packets"), await tap.CountAsync(id, 0, "recorded")));
        Assert.Equal((1, 1), (await tap.CountAsync(id, 0, "lost"), await tap.CountAsync(id, 0, "duplicates")));
        Assert.Equal((1, 1), (await tap.CountAsync(id, 0, "reordered"), await tap.CountAsync(id, 0, "restarts")));
        Assert.Equal(0, await tap.CountAsync(id, 1, "packets"));
        Assert.Equal(HttpStatusCode.NoContent, (await tap.Control.DeleteAsync($"/calls/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await tap.Control.DeleteAsync($"/calls/{id}")).StatusCode);

        await using SqliteRegister register = tap.OpenRegister();
        Frame[] audio = [.. (await tap.ReadAsync(id, register, Patience)).Where(frame => frame.Kind == FrameKind.Audio)];
        Assert.Equal(sent, audio.Select(frame => (frame.Sequence, frame.Ssrc)));
        Assert.All(audio, frame => Assert.Equal(Payload(frame.Sequence), frame.Payload.ToArray()));
    }

    [Fact]
    public async Task Packets_FromElsewhereOrUnderAMask_AreNotRecorded()
    {
        (string other, int[] otherPorts) = await tap.BeginAsync("other", source: "127.0.0.2");
        (string id, int[] ports) = await tap.BeginAsync("masked");
        Assert.Equal(HttpStatusCode.NoContent, (await tap.Control.PutAsync($"/calls/{id}/mask", null)).StatusCode);
        using UdpClient sender = new();
        await sender.SendAsync(RecorderFixture.Rtp(1, 160, 8, Payload(1)), new IPEndPoint(IPAddress.Loopback, otherPorts[0]));
        await sender.SendAsync(RecorderFixture.Rtp(1, 160, 8, Payload(1)), new IPEndPoint(IPAddress.Loopback, ports[1]));
        await WaitAsync(other, 0, "refused", 1);
        await WaitAsync(id, 1, "masked", 1);
        Assert.Equal(HttpStatusCode.NoContent, (await tap.Control.DeleteAsync($"/calls/{id}/mask")).StatusCode);
        await sender.SendAsync(RecorderFixture.Rtp(2, 320, 8, Payload(2)), new IPEndPoint(IPAddress.Loopback, ports[1]));
        await WaitAsync(id, 1, "recorded", 1);
        await tap.Control.DeleteAsync($"/calls/{id}");
        await tap.Control.DeleteAsync($"/calls/{other}");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"callId":"a","legs":[{"label":"x","codec":"PCMA"}]}""")]
    [InlineData("""{"callId":"a","legs":[{"label":"x","codec":"PCMA"},{"label":"y","codec":"what"}]}""")]
    [InlineData("""{"callId":"a","source":"nowhere","legs":[{"label":"x","codec":"PCMA"},{"label":"y","codec":"PCMU"}]}""")]
    [InlineData("""{"callId":""")]
    public async Task Begin_BadRequest_IsRefused(string body)
    {
        using StringContent content = new(body, System.Text.Encoding.UTF8, "application/json");
        Assert.Equal(HttpStatusCode.BadRequest, (await tap.Control.PostAsync("/calls", content)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await tap.Control.GetAsync("/calls/none")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await tap.Control.PutAsync("/calls/none/mask", null)).StatusCode);
    }

    private static byte[] Payload(int number)
    {
        byte[] payload = new byte[160];
        payload.AsSpan().Fill((byte)(number & 0xff));
        return payload;
    }

    private async Task WaitAsync(string id, int leg, string name, long wanted)
    {
        long until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        while (await tap.CountAsync(id, leg, name) < wanted)
        {
            Assert.True(Environment.TickCount64 < until, $"{name} is {await tap.CountAsync(id, leg, name)}");
            await Task.Delay(10);
        }
    }
}
