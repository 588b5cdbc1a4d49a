using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Faults;

/// <summary>A register is wrapped to new recipients by a process that is killed with SIGKILL on the way, and run again: nothing is lost, nothing is left on the old key.</summary>
internal static class RotationKills
{
    private const int Batch = 1_000;

    private static readonly DateTimeOffset Begun = DateTimeOffset.FromUnixTimeMilliseconds(1_790_000_000_000);

    public static async Task<FaultReport> RunAsync(int envelopes, int kills, int seed, TextWriter log)
    {
        Random random = new(seed);
        RotationFolder folder = new(Directory.CreateTempSubdirectory("zkcalls-rotation-").FullName);
        using Identity active = Identity.Generate(), recovery = Identity.Generate(), next = Identity.Generate();
        using GatewayKey gateway = GatewayKey.Generate();
        try
        {
            active.Save(folder.Active);
            TrustList.Of(new TrustedKey(TrustedKeyKind.Gateway, gateway.PublicKey, Begun.AddYears(-1), Begun.AddYears(9), "gateway")).Save(folder.Trust);
            Recipients old = Recipients.Of(active.Recipient, recovery.Recipient), renewed = Recipients.Of(next.Recipient, recovery.Recipient);
            await File.WriteAllTextAsync(folder.NewRecipients, renewed.ToString());
            await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"rotation-kills --seed {seed}: writing {envelopes} envelopes"));
            Dictionary<CoreId, byte[]> keys = await FillAsync(folder, envelopes, old, gateway);

            TimeSpan time = TimeSpan.Zero;
            for (int kill = 1; kill <= kills; kill++)
            {
                // Somewhere in the share of this life.
                int at = random.Next(envelopes / (kills + 1) / 2, envelopes / (kills + 1));
                (TimeSpan life, int changed) = await KillAsync(folder, at);
                time += life;
                await log.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"  killed after {changed} and {life.TotalSeconds:0.0} s"));
            }

            long start = Stopwatch.GetTimestamp();
            string done = await FinishAsync(folder);
            time += Stopwatch.GetElapsedTime(start);
            await log.WriteLineAsync($"  {done}");
            List<string> violations = await CheckAsync(folder, keys, renewed, next, active);
            return new FaultReport(
                string.Create(CultureInfo.InvariantCulture, $"rotation-kills: {envelopes} envelopes, {kills} kills, {time.TotalSeconds:0.0} s, {envelopes / time.TotalSeconds:0} a second"), violations);
        }
        finally
        {
            Directory.Delete(folder.Path, recursive: true);
        }
    }

    /// <summary>A key of each recording, which must be the same afterwards.</summary>
    private static async Task<Dictionary<CoreId, byte[]>> FillAsync(RotationFolder folder, int envelopes, Recipients recipients, GatewayKey gateway)
    {
        RecordingPolicy policy = new() { Recipients = recipients, Gateway = gateway };
        await using SqliteRegister register = SqliteRegister.Open(folder.Register);
        Dictionary<CoreId, byte[]> openings = new(envelopes);
        for (int first = 0; first < envelopes; first += Batch)
        {
            RegisteredRecording[] rows = new RegisteredRecording[Math.Min(Batch, envelopes - first)];
            byte[][] hashes = new byte[rows.Length][];
            int begin = first;
            Parallel.For(0, rows.Length, i => rows[i] = Row(policy, Begun.AddMilliseconds(begin + i), out hashes[i]));
            await register.AddAsync(rows);
            for (int i = 0; i < rows.Length; i++)
            {
                openings.Add(rows[i].Header.CoreId, hashes[i]);
            }
        }

        return openings;
    }

    private static RegisteredRecording Row(RecordingPolicy policy, DateTimeOffset begun, out byte[] statement)
    {
        using RecordingWriter writer = RecordingWriter.Begin(
            policy, new CallMetadata { CallId = "call", Legs = [] }, new RecordingId(RandomNumberGenerator.GetBytes(16)), begun, default, SecretSlabs.Shared, out RecordingStart start);
        statement = SHA256.HashData(start.Checkpoint.ToArray());
        return start.ToRegister();
    }

    private static async Task<(TimeSpan Life, int Changed)> KillAsync(RotationFolder folder, int at)
    {
        long start = Stopwatch.GetTimestamp();
        await using ChildProgram child = Start(folder);
        int changed = 0;
        while (changed < at)
        {
            changed = int.Parse(await child.ExpectAsync("changed "), CultureInfo.InvariantCulture);
        }

        await child.KillAsync();
        return (Stopwatch.GetElapsedTime(start), changed);
    }

    private static async Task<string> FinishAsync(RotationFolder folder)
    {
        await using ChildProgram child = Start(folder);
        return await child.ExpectAsync("done ");
    }

    private static ChildProgram Start(RotationFolder folder) => ChildProgram.Start("ZeroKnowledge.Calls.Faults.dll", "rotation", "--folder", folder.Path);

    private static async Task<List<string>> CheckAsync(
        RotationFolder folder, Dictionary<CoreId, byte[]> statements, Recipients renewed, Identity next, Identity old)
    {
        List<string> violations = [];
        int seen = 0, opened = 0;
        await using SqliteRegister register = SqliteRegister.Open(folder.Register);
        await foreach (RegisteredRecording row in register.ListAsync())
        {
            seen++;
            if (!statements.TryGetValue(row.Header.CoreId, out byte[]? statement) || row.Statements.Count != 1
                || !SHA256.HashData(row.Statements[0].ToArray()).AsSpan().SequenceEqual(statement))
            {
                violations.Add($"{row.Header.CoreId}: it is not one of those that were written, or its statement changed.");
            }

            if (row.Envelope is not { Version: 2 } envelope || !renewed.AreThoseOf(envelope) || envelope.Names(old.Recipient))
            {
                violations.Add($"{row.Header.CoreId}: it is not wrapped to exactly the new recipients, in version 2.");
                continue;
            }

            // Each is opened, which checks commitment and MAC.
            using RecordingKeys keys = EnvelopeReader.Open(envelope, row.Header, next);
            opened += keys.Form == EnvelopeForm.Whole ? 1 : 0;
        }

        if (seen != statements.Count || opened != statements.Count)
        {
            violations.Add($"Of {statements.Count} recordings {seen} are in the register, and {opened} open with the new key.");
        }

        return violations;
    }
}
