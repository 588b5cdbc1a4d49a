using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ZeroKnowledge.Calls.Grpc.Tests;

/// <summary>A wire between recorder and archive that can be cut, and that notes when how many bytes went to the archive.</summary>
internal sealed class TcpForwarder : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly int _target;
    private readonly ConcurrentDictionary<TcpClient, byte> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    private TcpForwarder(int port, int target)
    {
        _target = target;
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Connections => _connections;

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Time stamp and size of every piece that went to the archive.</summary>
    public ConcurrentQueue<(long At, int Bytes)> Sent { get; } = new();

    public static TcpForwarder Start(int port, int target) => new(port, target);

    public void CutAll()
    {
        foreach (TcpClient client in _open.Keys)
        {
            client.Client?.Close(0);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        CutAll();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ForwardAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // Stopped.
        }
    }

    private async Task ForwardAsync(TcpClient client)
    {
        using TcpClient server = new();
        using (client)
        {
            _open[client] = 0;
            _open[server] = 0;
            try
            {
                client.NoDelay = server.NoDelay = true;
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                await Task.WhenAny(CopyAsync(client, server, note: true), CopyAsync(server, client, note: false));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // The archive is not there, or the wire was cut.
            }

            _open.TryRemove(client, out _);
            _open.TryRemove(server, out _);
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, bool note)
    {
        byte[] buffer = new byte[65_536];
        try
        {
            while (await from.GetStream().ReadAsync(buffer, _stop.Token) is > 0 and int read)
            {
                if (note)
                {
                    Sent.Enqueue((Stopwatch.GetTimestamp(), read));
                }

                await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }
}
