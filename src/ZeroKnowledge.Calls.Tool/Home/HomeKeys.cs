namespace ZeroKnowledge.Calls.Tool;

/// <summary>New keys for a home, and the files they become: all of them, or none.</summary>
internal sealed class HomeKeys : IDisposable
{
    /// <summary>How long the new gateway and owner keys are trusted.</summary>
    private const int Years = 5;

    private readonly Home _home;
    private readonly string? _archive;
    private readonly GroupSize? _group;
    private readonly Identity _active = Identity.Generate();
    private readonly Identity _recovery = Identity.Generate();
    private readonly OwnerKey _owner = OwnerKey.Generate();
    private readonly GatewayKey _gateway = GatewayKey.Generate();
    private readonly Identity[] _members;

    public HomeKeys(Home home, GroupSize? group, string? archive)
    {
        (_home, _archive, _group) = (home, archive, group);
        _members = [.. Enumerable.Range(0, group?.Members ?? 0).Select(_ => Identity.Generate())];
        Files =
        [
            (home.Identity, "the active identity: reads calls, grants, erases"),
            (home.Recovery, "the recovery identity: keep it offline"),
            .. Enumerable.Range(1, _members.Length).Select(number => (home.Member(number), $"member {number} of {_members.Length}, of whom {group!.Value.Threshold} together open the calls: hand it over")),
            (home.Owner, "signs grants and erasures"),
            (home.Gateway, "for the gateway: signs recordings, opens none"),
            (home.Recipients, "for the gateway: whom calls are encrypted to"),
            (home.Trust, $"the keys you trust, for {Years} years"),
            .. archive is null ? Array.Empty<(string, string)>() : [(home.Archive, "where the archive is")],
        ];
    }

    public IReadOnlyList<(string Path, string Use)> Files { get; }

    /// <exception cref="UserException">One of the files exists.</exception>
    public void Write(ReadOnlySpan<char> passphrase)
    {
        foreach ((string path, _) in Files)
        {
            NewFile.Refuse(path);
        }

        if (Path.GetDirectoryName(_home.Trust) is { Length: > 0 } folder)
        {
            Directory.CreateDirectory(folder);
        }

        _active.Save(_home.Identity, passphrase);
        _recovery.Save(_home.Recovery, passphrase);
        for (int i = 0; i < _members.Length; i++)
        {
            _members[i].Save(_home.Member(i + 1), passphrase);
        }

        _owner.Save(_home.Owner);
        _gateway.Save(_home.Gateway);
        File.WriteAllText(_home.Recipients, $"# active\n{_active.Recipient}\n# recovery, offline\n{_recovery.Recipient}\n{GroupLines()}");
        TrustList.Of(Trusted(TrustedKeyKind.Gateway, _gateway.PublicKey, "gateway"), Trusted(TrustedKeyKind.Owner, _owner.PublicKey, "owner")).Save(_home.Trust);
        if (_archive is not null)
        {
            File.WriteAllText(_home.Archive, _archive + "\n");
        }
    }

    public static TrustedKey Trusted(TrustedKeyKind kind, VerifyKey key, string name)
    {
        // From the day before: clocks differ.
        DateTimeOffset today = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date, TimeSpan.Zero);
        return new TrustedKey(kind, key, today.AddDays(-1), today.AddYears(Years), name);
    }

    public void Dispose()
    {
        _active.Dispose();
        _recovery.Dispose();
        _owner.Dispose();
        _gateway.Dispose();
        Array.ForEach(_members, member => member.Dispose());
    }

    private string GroupLines() => _group is { } group
        ? $"group {group.Threshold} of {group.Members}\n{string.Concat(_members.Select(member => $"{member.Recipient}\n"))}"
        : "";
}
