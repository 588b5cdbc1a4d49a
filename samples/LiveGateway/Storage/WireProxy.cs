using System.Net;
using System.Net.Sockets;

namespace LiveGateway.Storage;

/// <summary>
/// Stands between gateway and archive and writes down every byte of both directions: what anybody on the wire sees. A file for each connection and
/// direction, so that nothing is torn apart that was sent together.
/// </summary>
internal sealed class WireProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private volatile DnsEndPoint _archive;
    private readonly string _folder;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private long _bytes;
    private bool _isStopped;

    /// <param name="archive">Where the archive listens.</param>
    /// <param name="folder">Where the capture goes.</param>
    public WireProxy(Uri archive, string folder)
    {
        _archive = new DnsEndPoint(archive.Host, archive.Port);
        _folder = folder;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    /// <summary>Where the archive listens; new connections go there.</summary>
    public Uri Archive
    {
        set => _archive = new DnsEndPoint(value.Host, value.Port);
    }

    /// <summary>Captured so far, in both directions.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>A handler whose connections, of whatever address, go through the proxy. TLS stays end to end.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(EndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (_isStopped)
        {
            return;
        }

        _isStopped = true;
        _listener.Stop();
        await _stop.CancelAsync();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        for (int number = 1; ; number++)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync(_stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }

            _connections.Add(ForwardAsync(client, number));
        }
    }

    private async Task ForwardAsync(Socket client, int number)
    {
        using Socket from = client;
        using Socket to = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        from.NoDelay = true;
        try
        {
            await to.ConnectAsync(_archive, _stop.Token);
            await Task.WhenAll(
                CopyAsync(from, to, Path.Combine(_folder, $"wire-{number}-to-archive.bin")),
                CopyAsync(to, from, Path.Combine(_folder, $"wire-{number}-from-archive.bin")));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The client sees its connection end, as it would without a proxy.
        }
    }

    private async Task CopyAsync(Socket from, Socket to, string path)
    {
        await using FileStream capture = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 64 * 1024);
        byte[] buffer = new byte[64 * 1024];
        try
        {
            for (int read = await from.ReceiveAsync(buffer, _stop.Token); read > 0; read = await from.ReceiveAsync(buffer, _stop.Token))
            {
                // Written down before it is passed on: nothing gets by.
                await capture.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
                Interlocked.Add(ref _bytes, read);
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), _stop.Token);
                }
            }
        }
        finally
        {
            // Either direction's end ends the other one.
            to.Close();
            from.Close();
        }
    }
}
