using System.Buffers.Binary;
using PacketDotNet;
using SharpPcap;
using SharpPcap.LibPcap;

namespace LiveGateway.Audio;

/// <summary>The G.711 audio of the RTP streams in a capture, one voice a stream, in the order of their sequence numbers. What was lost on the way to the capture is left out.</summary>
internal static class PcapFile
{
    private const int RtpHead = 12;
    private const int MuLaw = 0;
    private const int ALaw = 8;
    private const int MaxStreams = 1_000;

    public static bool IsOne(string path) => Path.GetExtension(path).ToUpperInvariant() is ".PCAP" or ".PCAPNG";

    /// <exception cref="UserException">It is not a capture, libpcap is missing, or there is no such audio in it.</exception>
    public static IReadOnlyList<AudioTrack> Read(string path)
    {
        List<Stream> streams = [];
        try
        {
            using CaptureFileReaderDevice capture = new(path);
            capture.Open();
            while (capture.GetNextPacket(out PacketCapture packet) == GetPacketStatus.PacketRead)
            {
                Take(streams, packet.GetPacket());
            }
        }
        catch (Exception e) when (e is PcapException or FormatException or DllNotFoundException or InvalidOperationException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            throw new UserException($"The capture '{path}' cannot be read (it takes libpcap0.8): {e.Message}", e);
        }

        return streams.Count == 0
            ? throw new UserException($"The capture '{path}' has no RTP stream of PCMA or PCMU in UDP.")
            : [.. streams.Select((stream, i) => stream.ToTrack($"{Path.GetFileName(path)}, stream {i + 1}"))];
    }

    private static void Take(List<Stream> streams, RawCapture raw)
    {
        Packet packet = Packet.ParsePacket(raw.LinkLayerType, raw.Data);
        if (packet.Extract<UdpPacket>() is not { PayloadData: { } data } udp || packet.Extract<IPPacket>() is not { } ip || !TryParse(data, out int type, out ReadOnlySpan<byte> payload))
        {
            return;
        }

        string key = $"{ip.SourceAddress} {udp.SourcePort} {ip.DestinationAddress} {udp.DestinationPort} {BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(8))} {type}";
        Stream? stream = streams.Find(known => known.Key == key);
        if (stream is null && streams.Count < MaxStreams)
        {
            stream = new Stream(key, type == ALaw ? Codec.ALaw : Codec.MuLaw);
            streams.Add(stream);
        }

        stream?.Add(BinaryPrimitives.ReadUInt16BigEndian(data.AsSpan(2)), payload);
    }

    // RFC 3550, section 5.1.
    private static bool TryParse(ReadOnlySpan<byte> data, out int type, out ReadOnlySpan<byte> payload)
    {
        type = data.Length < RtpHead ? -1 : data[1] & 0x7f;
        payload = default;
        if (type is not (ALaw or MuLaw) || data[0] >> 6 != 2)
        {
            return false;
        }

        int head = RtpHead + (4 * (data[0] & 0x0f));
        if ((data[0] & 0x10) != 0 && head + 4 <= data.Length)
        {
            head += 4 + (4 * BinaryPrimitives.ReadUInt16BigEndian(data[(head + 2)..]));
        }

        int padding = (data[0] & 0x20) != 0 ? data[^1] : 0;
        if (head + padding >= data.Length)
        {
            return false;
        }

        payload = data[head..^padding];
        return true;
    }

    private sealed class Stream(string key, Codec codec)
    {
        private readonly SortedDictionary<long, byte[]> _payloads = [];
        private long _highest;

        public string Key => key;

        // Numbers wrap around; a packet that came twice is one.
        public void Add(ushort sequence, ReadOnlySpan<byte> payload)
        {
            long number = _payloads.Count == 0 ? sequence : _highest + unchecked((short)(sequence - (ushort)(_highest & ushort.MaxValue)));
            _highest = Math.Max(_highest, number);
            _payloads.TryAdd(number, payload.ToArray());
        }

        public AudioTrack ToTrack(string name) => new(name, codec, 8_000, _payloads.Values.SelectMany(payload => payload).ToArray());
    }
}
