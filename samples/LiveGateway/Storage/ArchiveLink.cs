using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Net.Client;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Storage;

/// <summary>The archive of a run, started or given, with the proxy before it.</summary>
internal sealed class ArchiveLink : IAsyncDisposable
{
    private static readonly TimeSpan ReachPatience = TimeSpan.FromSeconds(5);

    private readonly Workspace _workspace;
    private readonly WireProxy _proxy;
    private ArchiveProcess? _process;

    private ArchiveLink(ArchiveProcess? process, Uri address, Workspace workspace)
    {
        _workspace = workspace;
        _process = process;
        Address = address;
        _proxy = new WireProxy(address, workspace.Capture);
        Channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = _proxy.CreateHandler(), DisposeHttpClient = true, ThrowOperationCanceledOnCancellation = true,
        });
        Client = new ArchiveClient(Channel);
    }

    public Uri Address { get; }

    public string? Process => _process?.ToString();

    /// <summary>How often the archive was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>For how long it was away then.</summary>
    public TimeSpan Away { get; private set; }

    /// <summary>Where another process finds the archive: at the proxy, unless that would come between TLS.</summary>
    public string OtherAddress => _process is null ? Address.ToString() : $"http://{_proxy.EndPoint}";

    public GrpcChannel Channel { get; }

    public ArchiveClient Client { get; }

    public long WireBytes => _proxy.Bytes;

    /// <exception cref="UserException">The archive cannot be reached.</exception>
    public static async Task<ArchiveLink> OpenAsync(Workspace workspace, JobOptions options, CancellationToken cancellationToken)
    {
        ArchiveProcess? process = options.Archive is null
            ? await ArchiveProcess.StartAsync(workspace, workspace.Archive, workspace.Gateways, "archive", cancellationToken)
            : null;
        ArchiveLink? link = null;
        try
        {
            Uri address = options.Archive ?? process!.Address;
            await ReachAsync(address, cancellationToken);
            link = new ArchiveLink(process, address, workspace);
            await link.TryListAsync(cancellationToken);
            return options.Archive is null || options.Data is not null
                ? link
                : throw new UserException("--archive needs --data: the archive must trust the gateway key that is kept in that folder, see its gateways.txt.");
        }
        catch
        {
            await (link?.DisposeAsync() ?? process?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Kills an archive that was started here, and starts it again over its files.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        Stopwatch away = Stopwatch.StartNew();
        await _process!.KillAsync();
        Kills++;
        _process = await ArchiveProcess.StartAsync(_workspace, _workspace.Archive, _workspace.Gateways, $"archive-{Kills + 1}", cancellationToken);
        _proxy.Archive = _process.Address;
        Away = away.Elapsed;
    }

    /// <summary>Closes the connections, and stops the archive if it was started here: then its files and its output are complete.</summary>
    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await _proxy.DisposeAsync();
        if (_process is not null)
        {
            await _process.DisposeAsync();
        }
    }

    private static async Task ReachAsync(Uri address, CancellationToken cancellationToken)
    {
        using TcpClient probe = new();
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ReachPatience);
        try
        {
            await probe.ConnectAsync(address.Host, address.Port, patience.Token);
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            string why = e is SocketException ? e.Message : $"no answer within {ReachPatience.TotalSeconds:N0} s";
            throw new UserException($"The archive at {address} cannot be reached: {why.TrimEnd('.')}.", e);
        }
    }

    private async Task TryListAsync(CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ReachPatience);
        try
        {
            await foreach (ArchivedRecording _ in Client.ListAsync(patience.Token))
            {
                break;
            }
        }
        catch (Exception e) when (e is ArchiveException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new UserException($"At {Address} no archive answers: {(e is ArchiveException ? e.Message : "there is silence.")}", e);
        }
    }
}
