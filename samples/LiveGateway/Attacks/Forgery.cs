using Grpc.Net.Client;
using LiveGateway.Calls;
using LiveGateway.Format;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace LiveGateway.Attacks;

/// <summary>
/// A whole recording that never was: somebody else's gateway records for the customer's recipients, whose keys are public, with the data of a real call.
/// Everything in it is right but the gateway key.
/// </summary>
internal sealed record Forgery(StoredParts Parts, KeyEnvelope Envelope)
{
    private const int FramesATime = 40;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<Forgery> MakeAsync(Workspace workspace, RecordingPolicy genuine, LiveCall call, CancellationToken cancellationToken)
    {
        using GatewayKey own = GatewayKey.Generate();
        RecordingPolicy policy = Policies.With(genuine, own);
        string folder = Path.Combine(workspace.Attacks, "forger"), gateways = Path.Combine(workspace.Attacks, "forger-gateways.txt");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(gateways, TrustList.Of(Customer.Pin(TrustedKeyKind.Gateway, own.PublicKey)).ToString(), cancellationToken);

        await using SqliteRegister register = SqliteRegister.Open(Path.Combine(workspace.Attacks, "forger.db"));
        RegisteredRecording row;
        await using (ArchiveProcess archive = await ArchiveProcess.StartAsync(workspace, folder, gateways, "forger", cancellationToken))
        {
            using GrpcChannel channel = GrpcChannel.ForAddress(archive.Address);
            await using CallRecorder recorder = await CallRecorder.StartAsync(
                new CallRecorderOptions { Archives = [channel], Spool = Path.Combine(folder, "spool"), Register = register, Policy = policy }, cancellationToken);
            using CallWriter writer = recorder.Begin(call.Metadata);
            Speak(call, writer, 0);

            // Into the next tick, so that there are two chunks.
            await Task.Delay(policy.Tick + (policy.Tick / 10), cancellationToken);
            Speak(call, writer, FramesATime);
            writer.Complete();
            await writer.Durable.WaitAsync(Patience, cancellationToken);
            row = (await register.FindAsync(writer.RecordingId, cancellationToken)).Single();
        }

        using EngineFiles files = new(folder);
        return new Forgery(files.Read(row.Header.CoreId), row.Envelope!);
    }

    private static void Speak(LiveCall call, CallWriter writer, int from)
    {
        byte[] packet = new byte[call.LongestPacket];
        for (int slot = from; slot < from + FramesATime; slot++)
        {
            for (int leg = 0; leg < call.Legs.Count; leg++)
            {
                writer.WriteRtp(leg, packet.AsSpan(0, call.Legs[leg].WritePacket(slot, packet)));
            }
        }
    }
}
