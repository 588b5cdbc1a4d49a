using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ZeroKnowledge.Calls.Faults;

namespace ZeroKnowledge.Calls.Grpc.Tests.Faults;

/// <summary>The proxy makes the faults that it says, and none that it does not: else tests behind it show nothing.</summary>
public sealed class FaultProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Piece = [1, 2, 3];

    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private FaultProxy _proxy = null!;
    private TcpClient _client = null!;

    public Task InitializeAsync()
    {
        _echo.Start();
        _ = EchoAsync();
        _proxy = FaultProxy.Start(((IPEndPoint)_echo.LocalEndpoint).Port);
        _client = new TcpClient();
        return _client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public async Task NoFault_PassesEverythingOn()
    {
        byte[] sent = new byte[1_000_000];
        Random.Shared.NextBytes(sent);
        Task writing = _client.GetStream().WriteAsync(sent).AsTask();
        Assert.Equal(sent, await ReadAsync(sent.Length));
        await writing;
    }

    [Fact]
    public async Task HalfOpen_NothingArrivesAndNothingIsClosed_UntilItEnds()
    {
        Assert.Equal(Piece, await AskAsync());
        _proxy.IsHalfOpen = true;
        await _client.GetStream().WriteAsync(Piece);
        using TcpClient other = new();
        await other.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        await other.GetStream().WriteAsync(Piece);
        Task<byte[]> answer = ReadAsync(Piece.Length);
        await Task.Delay(100);
        Assert.False(answer.IsCompleted);
        _proxy.IsHalfOpen = false;
        Assert.Equal(Piece, await answer);
        Assert.Equal(Piece, await ReadAsync(Piece.Length, other));
    }

    [Fact]
    public async Task CutAll_ResetsTheConnection_AndANewOneWorks()
    {
        Assert.Equal(Piece, await AskAsync());
        _proxy.CutAll();
        await Assert.ThrowsAnyAsync<IOException>(() => ReadAsync(1));
        _client.Dispose();
        _client = new TcpClient();
        await _client.ConnectAsync(IPAddress.Loopback, _proxy.Port);
        Assert.Equal(Piece, await AskAsync());
        Assert.Equal(2, _proxy.Connections);
    }

    [Fact]
    public async Task Refuses_ConnectingFailsAtOnce_UntilItEnds()
    {
        _proxy.Refuses = true;
        using TcpClient other = new();
        SocketException refused = await Assert.ThrowsAsync<SocketException>(() => other.ConnectAsync(IPAddress.Loopback, _proxy.Port));
        Assert.Equal(SocketError.ConnectionRefused, refused.SocketErrorCode);
        // What was open goes on.
        Assert.Equal(Piece, await AskAsync());
        _proxy.Refuses = false;
        await other.ConnectAsync(IPAddress.Loopback, _proxy.Port);
    }

    [Fact]
    public async Task Delay_HoldsEveryPieceInBothDirections()
    {
        _proxy.Delay = TimeSpan.FromMilliseconds(100);
        long started = Stopwatch.GetTimestamp();
        Assert.Equal(Piece, await AskAsync());
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(190));
    }

    [Fact]
    public async Task BytesPerSecond_BoundsEachDirection()
    {
        _proxy.BytesPerSecond = 500_000;
        byte[] sent = new byte[100_000];
        long started = Stopwatch.GetTimestamp();
        Task writing = _client.GetStream().WriteAsync(sent).AsTask();
        await ReadAsync(sent.Length);
        await writing;
        Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromMilliseconds(190));
    }

    private async Task<byte[]> AskAsync()
    {
        await _client.GetStream().WriteAsync(Piece);
        return await ReadAsync(Piece.Length);
    }

    private async Task<byte[]> ReadAsync(int count, TcpClient? client = null)
    {
        using CancellationTokenSource patience = new(Patience);
        byte[] bytes = new byte[count];
        await (client ?? _client).GetStream().ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _echo.AcceptTcpClientAsync();
                _ = client.GetStream().CopyToAsync(client.GetStream());
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }
}
