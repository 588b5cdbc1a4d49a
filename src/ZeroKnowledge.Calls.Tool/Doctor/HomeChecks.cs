using System.Globalization;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Whether keys, lists, register and archive can be used, and are kept as they should be.</summary>
/// <param name="desk">The files and the archive.</param>
/// <param name="time">The machine's clock.</param>
internal sealed class HomeChecks(Desk desk, TimeProvider time)
{
    private static readonly TimeSpan Expiry = TimeSpan.FromDays(90);
    private static readonly TimeSpan Skew = TimeSpan.FromSeconds(30);

    public async Task<IReadOnlyList<Diagnosis>> RunAsync(CancellationToken cancellationToken) =>
    [
        Key("identity", desk.Home.Identity, path => Identity.Load(path).Dispose()),
        RecoveryKey(),
        Key("owner key", desk.Home.Owner, path => OwnerKey.Load(path).Dispose()),
        Key("gateway key", desk.Home.Gateway, path => GatewayKey.Load(path).Dispose()),
        File("recipients", desk.Home.Recipients, () => Judge(desk.Recipients)),
        File("trust list", desk.Home.Trust, () => Judge(desk.Trust)),
        File("register", desk.Home.Register, () => Diagnosis.Ok("register", $"{desk.Register.Path} can be read")),
        .. await ArchiveAsync(cancellationToken).ConfigureAwait(false),
    ];

    private static Diagnosis Judge(Recipients recipients)
    {
        const string check = "recipients", single = "a single lost key loses every recording. Add a recovery key";
        string classical = $"a key is {RecipientText.Classical}, whatever the other keys are; nothing is wrapped to this list without --allow-mixed-security";
        int count = recipients.Count + recipients.Groups.Count;
        // The number first: what a lost key loses is gone today.
        if (count == 1 && !recipients.Groups.Any(group => group.Threshold < group.Members.Count))
        {
            return Diagnosis.Fault(check, recipients.IsClassical ? $"{single}; {classical}" : single);
        }

        return recipients.IsClassical ? Diagnosis.Warning(check, classical) : Diagnosis.Ok(check, $"{count} keys or groups, post-quantum");
    }

    private static Diagnosis File(string check, string path, Func<Diagnosis> read)
    {
        if (!System.IO.File.Exists(path))
        {
            return Diagnosis.NotChecked(check, $"{path} is not here");
        }

        try
        {
            return read();
        }
        catch (UserException e)
        {
            return Diagnosis.Fault(check, e.Message);
        }
    }

    private static Diagnosis Key(string check, string path, Action<string> load)
    {
        if (!System.IO.File.Exists(path))
        {
            return Diagnosis.NotChecked(check, $"{path} is not here");
        }

        try
        {
            load(path);
            return Diagnosis.Ok(check, $"{path} can be read, by you alone");
        }
        catch (PassphraseException)
        {
            return Diagnosis.Ok(check, $"{path} can be read, by you alone, and is locked with a passphrase");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return Diagnosis.Fault(check, e.Message);
        }
    }

    private Diagnosis RecoveryKey() => System.IO.File.Exists(desk.Home.Recovery)
        ? Diagnosis.Warning("recovery key", $"{desk.Home.Recovery} is still on this machine: take it offline, or both keys are lost at once")
        : Diagnosis.Ok("recovery key", "it is not on this machine");

    private Diagnosis Judge(TrustList trust)
    {
        DateTimeOffset now = time.GetUtcNow();
        string[] ending = [.. trust.Keys.Where(key => key.NotAfter > now && key.NotAfter - now < Expiry).Select(key => $"{key.Name} ({key.Kind}, until {key.NotAfter:yyyy-MM-dd})")];
        TrustedKeyKind[] kinds = [TrustedKeyKind.Gateway, TrustedKeyKind.Owner, TrustedKeyKind.Archive];
        TrustedKeyKind[] none = [.. kinds.Where(kind => !trust.Keys.Any(key => key.Kind == kind && now >= key.NotBefore && now < key.NotAfter))];
        return none.Contains(TrustedKeyKind.Gateway) ? Diagnosis.Fault("trust list", "no gateway is trusted today: nothing that is recorded could be read")
            : none.Length > 0 ? Diagnosis.Warning("trust list", $"no key is trusted today of the kind: {string.Join(", ", none)}")
            : ending.Length > 0 ? Diagnosis.Warning("trust list", $"trusted for less than 90 days more: {string.Join(", ", ending)}")
            : Diagnosis.Ok("trust list", $"{trust.Keys.Count} keys");
    }

    private async Task<IReadOnlyList<Diagnosis>> ArchiveAsync(CancellationToken cancellationToken)
    {
        const string archive = "archive", clock = "clock";
        if (!desk.HasArchive)
        {
            return [Diagnosis.NotChecked(archive, "none is named: give --archive, or write archive.txt"), Diagnosis.NotChecked(clock, "there is no archive to compare it with")];
        }

        try
        {
            ArchiveInfo info = await desk.Archive.GetInfoAsync(desk.Trust, cancellationToken).ConfigureAwait(false);
            TimeSpan skew = time.GetUtcNow() - info.Time;
            string shown = string.Create(CultureInfo.InvariantCulture, $"{Math.Abs(skew.TotalSeconds):0} s {(skew < TimeSpan.Zero ? "behind" : "ahead of")} the archive's");
            return
            [
                Diagnosis.Ok(archive, $"it answers, and signs with a key you trust; region '{info.Region}', operator '{info.Operator}'"),
                skew.Duration() <= Skew
                    ? Diagnosis.Ok(clock, "as the archive's")
                    : Diagnosis.Warning(clock, $"it is {shown}: times in recordings and receipts would not agree. Synchronize it (NTP)"),
            ];
        }
        catch (Exception e) when (e is CallRecordingException or UserException)
        {
            return [Diagnosis.Fault(archive, e.Message), Diagnosis.NotChecked(clock, "the archive gives no time to compare it with")];
        }
    }
}
