using Grpc.Net.Client;
using LiveGateway.Calls;
using LiveGateway.Format;
using LiveGateway.Storage;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Grpc;

namespace LiveGateway.Attacks;

/// <summary>
/// Carries the attacks out, each against a recording of its own, on copies of the archive's files: as many attacks on a copy as there are recordings. Then
/// the archive is started on the copy, and the reader reads from it.
/// </summary>
internal sealed class AttackRun(Workspace workspace, Customer customer, IReadOnlyList<LiveCall> calls, Forgery forgery)
{
    private readonly IReadOnlyList<LiveCall> _targets = [.. calls.Take(AttackList.All.Count)];

    /// <param name="parts">The stored recordings, unharmed.</param>
    /// <param name="progress">Told after each attack.</param>
    /// <param name="cancellationToken">Ends the attacks.</param>
    public async Task<IReadOnlyList<AttackOutcome>> RunAsync(
        Func<LiveCall, StoredParts> parts, Action<AttackOutcome> progress, CancellationToken cancellationToken)
    {
        StoredParts[] genuine = await Task.WhenAll(_targets.Select(call => WithOldAsync(parts(call), cancellationToken)));
        using SemaphoreSlim processors = new(Environment.ProcessorCount);
        Task<IReadOnlyList<AttackOutcome>>[] copies =
        [
            .. AttackList.All.Chunk(_targets.Count).Select((attacks, number) => RunAsync(number, attacks, genuine, processors, cancellationToken)),
        ];
        List<AttackOutcome> outcomes = [];
        try
        {
            foreach (Task<IReadOnlyList<AttackOutcome>> copy in copies)
            {
                foreach (AttackOutcome outcome in await copy)
                {
                    progress(outcome);
                    outcomes.Add(outcome);
                }
            }

            return outcomes;
        }
        finally
        {
            // Whatever happened, no archive stays behind.
            await Task.WhenAll(copies).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task<IReadOnlyList<AttackOutcome>> RunAsync(
        int number, Attack[] attacks, StoredParts[] genuine, SemaphoreSlim processors, CancellationToken cancellationToken)
    {
        await processors.WaitAsync(cancellationToken);
        try
        {
            return await RunAsync(number, attacks, genuine, cancellationToken);
        }
        finally
        {
            processors.Release();
        }
    }

    private async Task<IReadOnlyList<AttackOutcome>> RunAsync(int number, Attack[] attacks, StoredParts[] genuine, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(workspace.Attacks, $"copy-{number + 1}");
        Folders.Copy(workspace.Archive, folder);
        AttackMaterial[] material = [.. await Task.WhenAll(Enumerable.Range(0, attacks.Length).Select(i => MaterialAsync(i, genuine, cancellationToken)))];
        StoredParts[] tampered = [.. attacks.Select((attack, i) => attack.Tamper?.Invoke(genuine[i], material[i]) ?? genuine[i])];
        using (EngineFiles files = new(folder))
        {
            Array.ForEach(tampered, files.Write);
        }

        List<AttackOutcome> outcomes = [];
        await using ArchiveProcess archive = await ArchiveProcess.StartAsync(workspace, folder, workspace.Gateways, $"copy-{number + 1}", cancellationToken);
        using GrpcChannel channel = GrpcChannel.ForAddress(archive.Address);
        ArchiveClient client = new(channel);
        for (int i = 0; i < attacks.Length; i++)
        {
            outcomes.Add(await ReadAsync(client, attacks[i], _targets[i], genuine[i], tampered[i], material[i], cancellationToken));
        }

        return outcomes;
    }

    private async Task<AttackOutcome> ReadAsync(
        ArchiveClient client, Attack attack, LiveCall call, StoredParts genuine, StoredParts tampered, AttackMaterial material, CancellationToken cancellationToken)
    {
        try
        {
            KeyEnvelope? envelope = attack.Envelope?.Invoke(await EnvelopeAsync(genuine.CoreId, cancellationToken), material);
            await using Recording recording = await client.OpenAsync(tampered.CoreId, customer.Reader(customer.Active, envelope), cancellationToken);
            return await AttackJudge.JudgeAsync(attack, call, recording, attack.Expect(genuine), cancellationToken);
        }
        catch (CallRecordingException e)
        {
            // An error is not a finding: the reader must say what is wrong.
            return new AttackOutcome(attack, call.Name, false, RecordingState.NotVerified, "", e.Message);
        }
    }

    // An archive may let go of old checkpoints; who watched it has every one that it ever had.
    private async Task<StoredParts> WithOldAsync(StoredParts parts, CancellationToken cancellationToken)
    {
        RegisteredRecording row = (await customer.Register.FindAsync(parts.CoreId, cancellationToken))!;
        IEnumerable<byte[]> old = row.Statements.Select(statement => statement.ToArray());
        return parts with { Statements = [.. parts.Statements.Concat(old).DistinctBy(Convert.ToHexString)] };
    }

    private async Task<AttackMaterial> MaterialAsync(int target, StoredParts[] genuine, CancellationToken cancellationToken)
    {
        StoredParts other = genuine.Length > 1 ? genuine[(target + 1) % genuine.Length] : forgery.Parts;
        return new AttackMaterial
        {
            Other = other,
            OtherEnvelope = genuine.Length > 1 ? await EnvelopeAsync(other.CoreId, cancellationToken) : forgery.Envelope,
            Forged = forgery.Parts,
            ForgedEnvelope = forgery.Envelope,
            GatewaySeed = Bech32.Decode(customer.Gateway.ExportSecret()),
            Recipients = [.. customer.Recipients],
        };
    }

    private async Task<KeyEnvelope> EnvelopeAsync(CoreId id, CancellationToken cancellationToken) =>
        (await customer.Register.FindAsync(id, cancellationToken))!.Envelope!;
}
