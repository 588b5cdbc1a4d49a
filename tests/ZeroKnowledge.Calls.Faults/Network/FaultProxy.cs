using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>
/// A wire on loopback that can be cut, delayed, throttled, or left half open while connections run through it. Without a fault it passes everything on.
/// Thread-safe.
/// </summary>
internal sealed class FaultProxy : IAsyncDisposable
{
    private readonly ConcurrentDictionary<ProxiedConnection, byte> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource _passing = Opened();
    private int _connections;

    private FaultProxy(int target, int port)
    {
        Target = target;
        Listen(port);
        Port = ((IPEndPoint)_listener!.LocalEndpoint).Port;
    }

    /// <summary>Where it listens, also while it refuses.</summary>
    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}");

    /// <summary>The port behind it; connections made from now on go there.</summary>
    public int Target { get; set; }

    /// <summary>Connections taken so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>How long every piece is under way, in each direction.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>The most that one direction of one connection carries; 0 is no bound.</summary>
    public int BytesPerSecond { get; set; }

    /// <summary>Whether <see cref="Sent"/> is kept; a long run would fill the memory with it.</summary>
    public bool NotesSent { get; set; }

    /// <summary>Time stamp and size of every piece that went to the target.</summary>
    public ConcurrentQueue<(long At, int Bytes)> Sent { get; } = new();

    /// <summary>Takes connections and bytes and passes nothing on, as a peer whose cable was pulled: nobody is told. What waits goes on when it ends.</summary>
    public bool IsHalfOpen
    {
        get => !Passing.IsCompleted;
        set
        {
            lock (_gate)
            {
                if (!value)
                {
                    _passing.TrySetResult();
                }
                else if (_passing.Task.IsCompleted)
                {
                    _passing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }
            }
        }
    }

    /// <summary>Nobody listens: connecting is refused at once. Connections that are open stay.</summary>
    public bool Refuses
    {
        get => _listener is null;
        set
        {
            lock (_gate)
            {
                if (value)
                {
                    _listener?.Stop();
                    _listener = null;
                }
                else if (_listener is null)
                {
                    Listen(Port);
                }
            }
        }
    }

    internal Task Passing
    {
        get
        {
            lock (_gate)
            {
                return _passing.Task;
            }
        }
    }

    /// <param name="target">The port behind it, on loopback.</param>
    /// <param name="port">Where it listens; 0 lets the system pick one.</param>
    public static FaultProxy Start(int target, int port = 0) => new(target, port);

    /// <summary>Resets every open connection, in both directions.</summary>
    public void CutAll()
    {
        foreach (ProxiedConnection connection in _open.Keys)
        {
            connection.Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Refuses = true;
        CutAll();
        await _accepting;
        _stop.Dispose();
    }

    internal void Note(int bytes)
    {
        if (NotesSent)
        {
            Sent.Enqueue((Stopwatch.GetTimestamp(), bytes));
        }
    }

    private void Listen(int port)
    {
        TcpListener listener = new(IPAddress.Loopback, port);
        listener.Start();
        _listener = listener;
        _accepting = AcceptAsync(listener);
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                Socket client = await listener.AcceptSocketAsync(_stop.Token);
                Interlocked.Increment(ref _connections);
                _ = ForwardAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // Stopped, or refusing.
        }
    }

    private async Task ForwardAsync(Socket client)
    {
        using ProxiedConnection connection = new(this, client);
        _open[connection] = 0;
        await connection.RunAsync(_stop.Token);
        _open.TryRemove(connection, out _);
    }

    private static TaskCompletionSource Opened()
    {
        TaskCompletionSource source = new();
        source.SetResult();
        return source;
    }
}
