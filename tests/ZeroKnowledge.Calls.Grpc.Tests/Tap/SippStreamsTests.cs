using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Sqlite;
using ZeroKnowledge.Calls.Tests;

namespace ZeroKnowledge.Calls.Grpc.Tests.Tap;

/// <summary>500 calls at once, whose two legs are sent by sipp: every packet of both is recorded, decrypted and compared.</summary>
public sealed class SippStreamsTests(TapFixture tap) : IClassFixture<TapFixture>
{
    private const int Calls = 500;
    private const int FrameSize = 160;
    private const int Frames = 250;
    private const int TalkMs = (Frames * 20) + 4_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [SkippableFact]
    public async Task Sipp_FiveHundredCallsOfTwoLegs_EveryPacketIsRecorded()
    {
        string? sipp = Engines.Find("sipp");
        Engines.Require(sipp is not null, "sipp sends the streams: install sip-tester.");
        string folder = Directory.CreateDirectory(Path.Combine(tap.Folder, "sipp")).FullName;
        byte[][] said = [RandomNumberGenerator.GetBytes(Frames * FrameSize), RandomNumberGenerator.GetBytes(Frames * FrameSize)];
        await File.WriteAllBytesAsync(Path.Combine(folder, "caller.al"), said[0]);
        await File.WriteAllBytesAsync(Path.Combine(folder, "agent.al"), said[1]);
        List<(string Id, int[] Ports)> calls = [];
        for (int i = 0; i < Calls; i++)
        {
            calls.Add(await tap.BeginAsync($"sipp {i}"));
        }

        // The caller's phone sends to the port that the agent's phone names, and the other way round; both name ports of the tap.
        await WriteScenariosAsync(folder, calls);
        int sip = FreePort();
        using Process agent = Start(sipp!, folder, ["-sf", "agent.xml", "-inf", "ports.csv", "-p", $"{sip}", "-mp", "10000", "-m", $"{Calls}", "127.0.0.1"]);
        using Process caller = Start(sipp!, folder,
            ["-sf", "caller.xml", "-inf", "ports.csv", "-p", $"{FreePort()}", "-mp", "14000", "-m", $"{Calls}", "-l", $"{Calls}", "-r", "250", $"127.0.0.1:{sip}"]);
        Task<string> complaints = caller.StandardError.ReadToEndAsync();
        Task<string> moreComplaints = agent.StandardError.ReadToEndAsync();
        try
        {
            await Task.WhenAll(caller.WaitForExitAsync(), agent.WaitForExitAsync()).WaitAsync(TimeSpan.FromMilliseconds(TalkMs) + Patience);
        }
        finally
        {
            agent.Kill();
            caller.Kill();
        }

        Assert.True(caller.ExitCode == 0 && agent.ExitCode == 0, await complaints + await moreComplaints);
        await Task.WhenAll(calls.Select(call => tap.Control.DeleteAsync($"/calls/{call.Id}")));
        await using SqliteRegister register = tap.OpenRegister();
        int compared = 0;
        foreach ((string id, _) in calls)
        {
            compared += Compare(await tap.ReadAsync(id, register, Patience), said);
        }

        Assert.Equal(Calls * 2 * Frames, compared);
    }

    private static int Compare(List<Frame> frames, byte[][] said)
    {
        int compared = 0;
        for (int leg = 0; leg < 2; leg++)
        {
            Frame[] audio = [.. frames.Where(frame => frame.Kind == FrameKind.Audio && frame.Leg == leg)];
            Assert.True(audio.Length == Frames, $"leg {leg} has {audio.Length} frames of {Frames}");
            Assert.Equal(Enumerable.Range(audio[0].Sequence, audio.Length).Select(number => number & ushort.MaxValue), audio.Select(frame => (int)frame.Sequence));
            Assert.Single(audio.Select(frame => frame.Ssrc).Distinct());
            Assert.True(audio.SelectMany(frame => frame.Payload.ToArray()).SequenceEqual(said[leg]), $"leg {leg} differs");
            compared += audio.Length;
        }

        return compared;
    }

    private static Process Start(string sipp, string folder, string[] args)
    {
        ProcessStartInfo info = new(sipp, ["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin", "-timeout", "60s", .. args])
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        Process process = Process.Start(info)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task WriteScenariosAsync(string folder, List<(string Id, int[] Ports)> calls)
    {
        await File.WriteAllLinesAsync(
            Path.Combine(folder, "ports.csv"),
            ["SEQUENTIAL", .. calls.Select(call => string.Create(CultureInfo.InvariantCulture, $"{call.Ports[0]};{call.Ports[1]}"))]);
        // sipp opens the port that it sends from where a message names it.
        string body(int field) => $"""
            v=0
            o=user 1 1 IN IP4 127.0.0.1
            s=-
            c=IN IP4 127.0.0.1
            t=0 0
            m=audio [field{field}] RTP/AVP 8
            a=rtpmap:8 PCMA/8000
            a=x-from:[rtpstream_audio_port]
            """;
        const string common = """
            Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
            From: <sip:caller@[local_ip]:[local_port]>;tag=[call_number]
            """;
        await File.WriteAllTextAsync(Path.Combine(folder, "caller.xml"), $"""
            <?xml version="1.0" encoding="ISO-8859-1" ?>
            <scenario name="caller">
            <send retrans="500"><![CDATA[
            INVITE sip:agent@[remote_ip]:[remote_port] SIP/2.0
            {common}
            To: <sip:agent@[remote_ip]:[remote_port]>
            Call-ID: [call_id]
            CSeq: 1 INVITE
            Contact: <sip:caller@[local_ip]:[local_port]>
            Max-Forwards: 70
            Content-Type: application/sdp
            Content-Length: [len]

            {body(1)}
            ]]></send>
            <recv response="100" optional="true"></recv>
            <recv response="200" rtd="true"></recv>
            <send><![CDATA[
            ACK sip:agent@[remote_ip]:[remote_port] SIP/2.0
            {common}
            To: <sip:agent@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: 1 ACK
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
            <nop><action><exec rtp_stream="caller.al,1,8"/></action></nop>
            <pause milliseconds="{TalkMs}"/>
            <send retrans="500"><![CDATA[
            BYE sip:agent@[remote_ip]:[remote_port] SIP/2.0
            {common}
            To: <sip:agent@[remote_ip]:[remote_port]>[peer_tag_param]
            Call-ID: [call_id]
            CSeq: 2 BYE
            Max-Forwards: 70
            Content-Length: 0

            ]]></send>
            <recv response="200"></recv>
            </scenario>
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "agent.xml"), $"""
            <?xml version="1.0" encoding="ISO-8859-1" ?>
            <scenario name="agent">
            <recv request="INVITE"></recv>
            <send retrans="500"><![CDATA[
            SIP/2.0 200 OK
            [last_Via:]
            [last_From:]
            [last_To:];tag=[call_number]
            [last_Call-ID:]
            [last_CSeq:]
            Contact: <sip:agent@[local_ip]:[local_port]>
            Content-Type: application/sdp
            Content-Length: [len]

            {body(0)}
            ]]></send>
            <recv request="ACK"></recv>
            <nop><action><exec rtp_stream="agent.al,1,8"/></action></nop>
            <recv request="BYE"></recv>
            <send><![CDATA[
            SIP/2.0 200 OK
            [last_Via:]
            [last_From:]
            [last_To:]
            [last_Call-ID:]
            [last_CSeq:]
            Content-Length: 0

            ]]></send>
            </scenario>
            """);
    }

    private static int FreePort()
    {
        using UdpClient probe = new(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.Client.LocalEndPoint!).Port;
    }
}
