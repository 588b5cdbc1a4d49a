using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using ZeroKnowledge.Calls.Grpc;

namespace RtpTap;

/// <summary>One port: what comes there is a leg of a call.</summary>
internal sealed class TapLeg : IDisposable
{
    private const int MaxPacket = 9_216;
    private const int KernelBuffer = 1 << 20;
    private const int RtpHeader = 12;

    private readonly Socket _socket;
    private readonly SequenceCounter _network = new();

    private TapLeg(Socket socket, int port)
    {
        _socket = socket;
        Port = port;
    }

    public int Port { get; }

    /// <summary>What the call made of the packets; written by the leg's loop only.</summary>
    public LegCounts Counts => new(Port, _network.Packets, Recorded, Masked, Dropped, Refused, _network.Lost, _network.Duplicates, _network.Reordered, _network.Restarts);

    private long Recorded { get; set; }

    private long Masked { get; set; }

    private long Dropped { get; set; }

    private long Refused { get; set; }

    /// <summary>Null if the port is in use.</summary>
    public static TapLeg? TryBind(IPAddress address, int port)
    {
        Socket socket = new(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = KernelBuffer };
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return new TapLeg(socket, port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            return null;
        }
    }

    /// <summary>Receives until the leg is disposed of.</summary>
    public async Task RunAsync(CallWriter call, int number, IPAddress? source)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(MaxPacket, pinned: true);
        SocketAddress from = new(_socket.AddressFamily);
        IPEndPoint any = new(_socket.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        try
        {
            while (true)
            {
                int size = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from);
                if (source is not null && !source.Equals(((IPEndPoint)any.Create(from)).Address))
                {
                    Refused++;
                    continue;
                }

                Take(call, number, buffer.AsSpan(0, size));
            }
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The call has ended.
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Take(CallWriter call, int number, ReadOnlySpan<byte> packet)
    {
        WriteResult result = call.WriteRtp(number, packet);
        if (result is WriteResult.Malformed or WriteResult.Ended || packet.Length < RtpHeader)
        {
            Refused++;
            return;
        }

        _network.Count(BinaryPrimitives.ReadUInt32BigEndian(packet[8..]), BinaryPrimitives.ReadUInt16BigEndian(packet[2..]));
        Recorded += result == WriteResult.Accepted ? 1 : 0;
        Masked += result == WriteResult.Masked ? 1 : 0;
        Dropped += result == WriteResult.Dropped ? 1 : 0;
    }
}
