using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ArchiveService;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Archive;
using ZeroKnowledge.Calls.Interop;
using Record = ZeroKnowledge.Calls.Grpc.Protos.Record;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>
/// How long the archive takes to refuse: another tenant's recording against one that does not exist, in turns, over TLS on a real socket. Prints medians and their ratio for
/// each kind of attempt. That both take the same way through the archive is shown by a test; this shows that nothing else tells them apart.
/// </summary>
internal sealed class TenantTiming : IAsyncDisposable
{
    private const int Recordings = 200;

    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-timing-").FullName;
    private readonly TestAuthority _authority = new();
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly X509Certificate2 _server;
    private readonly List<GrpcChannel> _channels = [];
    private readonly List<ByteString> _theirs = [];
    private WebApplication? _app;

    private TenantTiming()
    {
        _server = _authority.Issue("CN=localhost", use: TestAuthority.ServerUse);
        File.WriteAllText(At("ca.pem"), _authority.Pem);
        File.WriteAllText(At("server.pem"), _server.ExportCertificatePem());
        File.WriteAllText(At("server.key"), _server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        TrustList.Of(new TrustedKey(
            TrustedKeyKind.Gateway, _gateway.PublicKey, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(200), "benchmark")).Save(At("gateways.txt"));
        File.WriteAllText(At("tenants.json"), """
            { "tenants": [
              { "name": "alpha", "gateways": "gateways.txt", "writers": ["CN=writer,O=alpha"], "owners": ["CN=owner,O=alpha"] },
              { "name": "beta", "gateways": "gateways.txt", "writers": ["CN=writer,O=beta"], "owners": ["CN=owner,O=beta"] } ] }
            """);
    }

    /// <summary>Measures, with so many pairs of each attempt.</summary>
    public static async Task<int> RunAsync(int pairs)
    {
        await using var timing = new TenantTiming();
        await timing.StartAsync();
        var owner = timing.Connect("CN=owner,O=alpha");
        var writer = timing.Connect("CN=writer,O=alpha");
        await timing.CompareAsync("GetRecording, as another tenant's owner", pairs, id => RefusedAsync(owner.GetRecordingAsync(new GetRecordingRequest { CoreId = id }).ResponseAsync));
        await timing.CompareAsync("GetRecording, as a reader of nothing", pairs, id => RefusedAsync(writer.GetRecordingAsync(new GetRecordingRequest { CoreId = id }).ResponseAsync));
        await timing.CompareAsync("ReadChunks, as another tenant's owner", pairs, id => RefusedAsync(
            owner.ReadChunks(new ReadChunksRequest { CoreId = id, End = 1 }).ResponseStream.MoveNext(CancellationToken.None)));
        await timing.CompareAsync("NameReader, as another tenant's owner", pairs, id => RefusedAsync(
            owner.NameReaderAsync(new NameReaderRequest { CoreId = id, Subject = "CN=reader", NotAfterMs = ulong.MaxValue }).ResponseAsync));
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> upload = writer.Upload();
        await timing.CompareAsync("Upload, a query as another tenant's writer", pairs, async id =>
        {
            await upload.RequestStream.WriteAsync(new UploadRequest { Records = { new Record { CoreId = id, Query = new Query() } } });
            await upload.ResponseStream.MoveNext(CancellationToken.None);
        });
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        _channels.ForEach(channel => channel.Dispose());
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _authority.Dispose();
        _gateway.Dispose();
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        _app = ArchiveHost.Build(
            "--data", At("data"), "--tenants", At("tenants.json"), "--client-ca", At("ca.pem"), "--urls", "https://127.0.0.1:0", "--certificate", At("server.pem"),
            "--certificate-key", At("server.key"));
        await _app.StartAsync();

        // Half of them are stored in tables, half are in memory still: neither must be told from nothing.
        await BeginAsync(Recordings / 2);
        await _app.StopAsync();
        await _app.DisposeAsync();
        _app = ArchiveHost.Build(
            "--data", At("data"), "--tenants", At("tenants.json"), "--client-ca", At("ca.pem"), "--urls", "https://127.0.0.1:0", "--certificate", At("server.pem"),
            "--certificate-key", At("server.key"));
        await _app.StartAsync();
        await BeginAsync(Recordings / 2);
    }

    private async Task BeginAsync(int count)
    {
        using AsyncDuplexStreamingCall<UploadRequest, UploadResponse> upload = Connect("CN=writer,O=beta").Upload();
        for (int i = 0; i < count; i++)
        {
            Record begin = NewBegin();
            _theirs.Add(begin.CoreId);
            await upload.RequestStream.WriteAsync(new UploadRequest { Records = { begin } });
            await upload.ResponseStream.MoveNext(CancellationToken.None);
            if (upload.ResponseStream.Current.Progress[0].Status != ZeroKnowledge.Calls.Grpc.Protos.Status.Durable)
            {
                throw new InvalidOperationException(upload.ResponseStream.Current.Progress[0].Message);
            }
        }
    }

    private async Task CompareAsync(string what, int pairs, Func<ByteString, Task> attempt)
    {
        var theirs = new long[pairs];
        var nothing = new long[pairs];
        for (int i = -pairs / 10; i < pairs; i++)
        {
            ByteString one = _theirs[RandomNumberGenerator.GetInt32(_theirs.Count)];
            ByteString none = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32));

            // Which comes first changes, so that neither profits from what the other left behind.
            bool isTheirsFirst = (i & 1) == 0;
            long first = await TimeAsync(attempt, isTheirsFirst ? one : none);
            long second = await TimeAsync(attempt, isTheirsFirst ? none : one);
            if (i >= 0)
            {
                (theirs[i], nothing[i]) = isTheirsFirst ? (first, second) : (second, first);
            }
        }

        double ofTheirs = Median(theirs);
        double ofNothing = Median(nothing);
        Console.WriteLine($"{what,-44} another tenant's {ofTheirs,7:F1} µs   nobody's {ofNothing,7:F1} µs   ratio {ofTheirs / ofNothing:F3}");
    }

    private static async Task<long> TimeAsync(Func<ByteString, Task> attempt, ByteString id)
    {
        long start = Stopwatch.GetTimestamp();
        await attempt(id);
        return Stopwatch.GetTimestamp() - start;
    }

    private static double Median(long[] ticks)
    {
        Array.Sort(ticks);
        return Stopwatch.GetElapsedTime(0, ticks[ticks.Length / 2]).TotalMicroseconds;
    }

    private static async Task RefusedAsync<T>(Task<T> call)
    {
        try
        {
            await call;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return;
        }

        throw new InvalidOperationException("The archive did not refuse.");
    }

    private Record NewBegin()
    {
        var publicKey = new byte[VerifyKey.Size];
        var signingKey = new byte[Ed25519.SecretKeySize];
        Ed25519.KeyPair(RandomNumberGenerator.GetBytes(32), publicKey, signingKey);
        var prefix = new byte[RecordingHeader.PrefixSize];
        RecordingHeader.WritePrefix(
            prefix, Suite.Aes256Gcm, 1000, 256, new RecordingId(RandomNumberGenerator.GetBytes(16)), (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), default);
        RecordingHeader header = RecordingHeader.Build(prefix, RandomNumberGenerator.GetBytes(32), new VerifyKey(publicKey), _gateway);
        byte[] opening = RandomNumberGenerator.GetBytes(header.StoredOpeningSize);
        var checkpoint = new byte[Statement.Size];
        var root = new byte[32];
        new MerklePeaks().Root(root);
        Statement.Write(checkpoint, StatementType.Checkpoint, header.CoreId, SHA256.HashData(opening), 0, 0, root, header.BegunMs, EndReason.None, []);
        Statement.Sign(checkpoint, signingKey);
        return new Record
        {
            CoreId = ByteString.CopyFrom(header.CoreId.ToArray()),
            Begin = new Begin { Header = ByteString.CopyFrom(header.ToArray()), OpeningRecord = ByteString.CopyFrom(opening), Checkpoint = ByteString.CopyFrom(checkpoint) },
        };
    }

    private CallArchive.CallArchiveClient Connect(string subject)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == _server.GetCertHashString();
        handler.SslOptions.ClientCertificateContext = SslStreamCertificateContext.Create(_authority.Issue(subject), additionalCertificates: null, offline: true);
        GrpcChannel channel = GrpcChannel.ForAddress(_app!.Urls.Single(), new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        _channels.Add(channel);
        return new CallArchive.CallArchiveClient(channel);
    }

    private string At(string name) => Path.Combine(_folder, name);
}
