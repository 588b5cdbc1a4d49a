using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>One connection through a <see cref="FaultProxy"/>.</summary>
internal sealed class ProxiedConnection : IDisposable
{
    private const int PieceSize = 65_536;

    // What may be under way in one direction: a delay must not become a throttle.
    private const int PiecesUnderWay = 256;

    private readonly FaultProxy _proxy;
    private readonly Socket _client;
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    public ProxiedConnection(FaultProxy proxy, Socket client)
    {
        _proxy = proxy;
        _client = client;
        _client.NoDelay = true;
    }

    /// <summary>Until either side ends it, or it is cut.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _proxy.Passing.WaitAsync(cancellationToken);
            await _server.ConnectAsync(IPAddress.Loopback, _proxy.Target, cancellationToken);
            using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task[] directions = [CopyAsync(_client, _server, note: true, ended.Token), CopyAsync(_server, _client, note: false, ended.Token)];
            await Task.WhenAny(directions);
            await ended.CancelAsync();
            await Task.WhenAll(directions);
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Nobody is behind the proxy, or it was cut before that.
        }
    }

    /// <summary>Both sides see a reset.</summary>
    public void Cut()
    {
        _client.Close(0);
        _server.Close(0);
    }

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    private async Task CopyAsync(Socket from, Socket to, bool note, CancellationToken cancellationToken)
    {
        Channel<(long At, byte[] Bytes)> underWay = Channel.CreateBounded<(long, byte[])>(PiecesUnderWay);
        Task writing = WriteAsync(underWay.Reader, to, cancellationToken);
        byte[] buffer = new byte[PieceSize];
        try
        {
            while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and int read)
            {
                if (note)
                {
                    _proxy.Note(read);
                }

                await underWay.Writer.WriteAsync((Stopwatch.GetTimestamp(), buffer[..read]), cancellationToken);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Cut, or ended by the other direction.
        }

        underWay.Writer.Complete();
        await writing;
    }

    private async Task WriteAsync(ChannelReader<(long At, byte[] Bytes)> underWay, Socket to, CancellationToken cancellationToken)
    {
        try
        {
            await foreach ((long at, byte[] bytes) in underWay.ReadAllAsync(cancellationToken))
            {
                await WaitAsync(_proxy.Delay - Stopwatch.GetElapsedTime(at), cancellationToken);
                if (_proxy.BytesPerSecond is > 0 and int rate)
                {
                    await WaitAsync(TimeSpan.FromSeconds((double)bytes.Length / rate), cancellationToken);
                }

                await _proxy.Passing.WaitAsync(cancellationToken);
                for (int sent = 0; sent < bytes.Length;)
                {
                    sent += await to.SendAsync(bytes.AsMemory(sent), cancellationToken);
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Cut, or ended by the other direction.
        }
    }

    private static Task WaitAsync(TimeSpan time, CancellationToken cancellationToken) =>
        time > TimeSpan.Zero ? Task.Delay(time, cancellationToken) : Task.CompletedTask;

    private static bool IsEnd(Exception e) => e is OperationCanceledException or SocketException or ObjectDisposedException;
}
