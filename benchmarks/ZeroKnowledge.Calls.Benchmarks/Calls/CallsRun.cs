using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Benchmarks;

/// <summary>N live calls through the real recorder, encrypted in full with statements, into a sink that counts.</summary>
internal static class CallsRun
{
    public static async Task<int> RunAsync(Arguments arguments)
    {
        using TemporaryFolder folder = new();
        using Customer customer = new();
        await using LiveLoad load = await StartAsync(LiveOptions.Read(arguments, calls: 10_000), folder, customer);
        await load.BeginAsync();
        (LiveRow row, _) = await load.MeasureAsync();
        arguments.Print(row);
        return 0;
    }

    /// <summary>A recorder that encrypts and sends nothing.</summary>
    public static Task<LiveLoad> StartAsync(LiveOptions options, TemporaryFolder folder, Customer customer)
    {
        CountingSink sink = new(intoFiles: false);
        CallRecorderOptions recorder = new()
        {
            Archives = [Nowhere()],
            Register = new NoRegister(),
            Spool = folder["spool"],
            Policy = customer.Policy(options.Suite),
            Sink = sink,
            MaxDegreeOfParallelism = options.Pumps,
        };
        return LiveLoad.StartAsync(options, recorder, sink);
    }

    // Nothing is ever ready to be sent, and to try again to connect is not what is measured; nor is HttpClient's looking for idle connections, every 15 s.
    private static GrpcChannel Nowhere() => GrpcChannel.ForAddress("http://127.0.0.1:9", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            PooledConnectionIdleTimeout = TimeSpan.Zero,
            ConnectCallback = async (_, cancellationToken) =>
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
                throw new InvalidOperationException("There is no archive.");
            },
        },
        DisposeHttpClient = true,
    });
}
