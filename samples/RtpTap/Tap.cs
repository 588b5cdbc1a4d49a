using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Extensions;
using ZeroKnowledge.Calls.Grpc;

namespace RtpTap;

/// <summary>All calls that are received, by recording id. Calls that are live when the host stops are completed: that the tap stops is no fault of theirs.</summary>
internal sealed class Tap(HostedRecorder recorder, IOptions<TapOptions> options) : IHostedService
{
    // Two legs, each with a port for RTP and one for RTCP.
    private const int PortsPerCall = 4;

    private readonly ConcurrentDictionary<string, TappedCall> _calls = new(StringComparer.OrdinalIgnoreCase);
    private int _next;

    private int Pairs => (options.Value.MaxPort - options.Value.MinPort + 1) / PortsPerCall;

    /// <exception cref="ArgumentException">The request cannot be served; the message says why.</exception>
    /// <exception cref="AdmissionException">There is no pair of ports left, or the recorder is at its limit.</exception>
    public TappedCall Begin(CallRequest request)
    {
        CallMetadata metadata = request.ToMetadata();
        IPAddress? source = request.ToSource();
        TapLeg[] legs = Bind();
        CallWriter call;
        try
        {
            call = recorder.Recorder.Begin(metadata);
        }
        catch
        {
            Array.ForEach(legs, leg => leg.Dispose());
            throw;
        }

        return _calls[call.RecordingId.ToString()] = new TappedCall(call, legs, source);
    }

    public TappedCall? Find(string id) => _calls.GetValueOrDefault(id);

    public async Task<bool> EndAsync(string id)
    {
        if (!_calls.TryRemove(id, out TappedCall? call))
        {
            return false;
        }

        await call.EndAsync(options.Value.Linger);
        return true;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_calls.Keys.Select(EndAsync));

    private TapLeg[] Bind()
    {
        IPAddress address = IPAddress.Parse(options.Value.Address);
        for (int i = 0; i < Pairs; i++)
        {
            int port = options.Value.MinPort + (PortsPerCall * ((Interlocked.Increment(ref _next) & int.MaxValue) % Pairs));
            if (TapLeg.TryBind(address, port) is not { } first)
            {
                continue;
            }

            if (TapLeg.TryBind(address, port + 2) is { } second)
            {
                return [first, second];
            }

            first.Dispose();
        }

        throw new AdmissionException($"All {Pairs} pairs of ports from {options.Value.MinPort} to {options.Value.MaxPort} are in use: end calls, or widen RtpTap:MinPort and MaxPort.");
    }
}
