using ZeroKnowledge.Calls.Grpc.Tests.Register;

namespace ZeroKnowledge.Calls.Grpc.Tests.Custody;

public sealed class ErasureTests : IAsyncLifetime
{
    private readonly Desk _desk = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _desk.DisposeAsync();

    [Fact]
    public async Task EraseAsync_OfARange_LeavesExactlyTheRestAndACertificate()
    {
        RegisteredRecording row = (await _desk.AddAsync(1))[0];
        ErasureCertificate certificate = await _desk.Holder().EraseAsync(row.Header.CoreId, [new ChunkRange(20, 30), new ChunkRange(10, 21)], "the tape in Bonn");
        RegisteredRecording now = await _desk.FindAsync(row);
        Assert.Equal(2u, now.Envelope!.Version);
        Assert.Equal(certificate.ToArray(), Assert.Single(now.Erasures).ToArray());
        Assert.True(certificate.Verify(_desk.Trust));
        Assert.Equal((row.Header.CoreId, 2u, false), (certificate.CoreId, certificate.EnvelopeVersion, certificate.MetadataErased));
        Assert.Equal([new ChunkRange(10, 30)], certificate.Ranges);
        Assert.Contains("version 1 of the key envelope", certificate.Text, StringComparison.Ordinal);
        Assert.Contains("the tape in Bonn", certificate.Text, StringComparison.Ordinal);
        AssertKeys(_desk, row, now, chunk => chunk is < 10 or >= 30, 5, 9, 10, 29, 30, 100_000);
        Assert.Empty(FolderSearch.Find(_desk.RegisterFolder, [row.Envelope!.ToArray()]));

        // The same again is the same certificate, and a rotation brings nothing back.
        Assert.Equal(certificate.ToArray(), (await _desk.Holder().EraseAsync(row.Header.CoreId, [new ChunkRange(12, 20)])).ToArray());
        Assert.Equal(1, (await _desk.Holder(recipients: _desk.New).RotateAsync()).Rotated);
        now = await _desk.FindAsync(row);
        using RecordingKeys rotated = Desk.Open(now, _desk.Next);
        Assert.False(rotated.HasChunkKey(15));
        Assert.True(rotated.HasChunkKey(9));
    }

    [Fact]
    public async Task EraseAsync_OfAllAudio_KeepsTheMetadataKeysUntilTheyGoToo()
    {
        RegisteredRecording row = (await _desk.AddAsync(1))[0];
        ErasureCertificate first = await _desk.Holder().EraseAsync(row.Header.CoreId, keepMetadata: true);
        Assert.False(first.MetadataErased);
        RegisteredRecording now = await _desk.FindAsync(row);
        using (RecordingKeys before = Desk.Open(row, _desk.Active), after = Desk.Open(now, _desk.Recovery))
        {
            Assert.Empty(after.Nodes);
            Assert.Equal(before.OpeningKey.ToArray(), after.OpeningKey.ToArray());
            Assert.Equal(before.ClosingKey.ToArray(), after.ClosingKey.ToArray());
        }

        ErasureCertificate second = await _desk.Holder().EraseAsync(row.Header.CoreId);
        Assert.Equal((3u, true), (second.EnvelopeVersion, second.MetadataErased));
        now = await _desk.FindAsync(row);
        Assert.Null(now.Envelope);
        Assert.Equal(2, now.Erasures.Count);
        Assert.Equal(second.ToArray(), (await _desk.Holder().EraseAsync(row.Header.CoreId)).ToArray());
        Assert.Equal(0, (await _desk.Holder(recipients: _desk.New).RotateAsync()).Rotated);
    }

    [Fact]
    public async Task EraseAsync_UnderLegalHold_IsRefusedUntilItIsReleased()
    {
        RegisteredRecording row = (await _desk.AddAsync(1))[0];
        await _desk.Register.SetHoldAsync(row.Header.CoreId, "LG Berlin 12 O 34/26");
        RegisterException refusal = await Assert.ThrowsAsync<RegisterException>(() => _desk.Holder().EraseAsync(row.Header.CoreId));
        Assert.Contains("LG Berlin 12 O 34/26", refusal.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<RegisterException>(() => _desk.Holder().EraseAsync(row.Header.CoreId, [new ChunkRange(0, 1)]));
        Assert.Empty(_desk.ErasureList.Read());
        // It does not keep a key from being replaced.
        Assert.Equal(1, (await _desk.Holder(recipients: _desk.New).RotateAsync()).Rotated);

        await _desk.Register.SetHoldAsync(row.Header.CoreId, null);
        await _desk.Holder(_desk.Next, _desk.New).EraseAsync(row.Header.CoreId);
        Assert.Null((await _desk.FindAsync(row)).Envelope);
    }

    [Fact]
    public async Task ExpireAsync_DryAndThenReally_ErasesTheOldAndNotTheHeld()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(10);
        await _desk.Register.SetHoldAsync(rows[2].Header.CoreId, "hold");
        await _desk.Holder().EraseAsync(rows[3].Header.CoreId);
        ExpiryReport dry = await _desk.Holder().ExpireAsync(Desk.Begun.AddSeconds(5), dryRun: true);
        Assert.Equal((true, 5, 3, 1), (dry.DryRun, dry.Recordings, dry.Expired.Count, dry.Held.Count));
        Assert.NotNull((await _desk.FindAsync(rows[0])).Envelope);

        ExpiryReport report = await _desk.Holder().ExpireAsync(Desk.Begun.AddSeconds(5), dryRun: false);
        Assert.Equal(dry.Expired.OrderBy(id => id.ToString()), report.Expired.OrderBy(id => id.ToString()));
        Assert.Equal([rows[2].Header.CoreId], report.Held);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(i is 2 or >= 5, (await _desk.FindAsync(rows[i])).Envelope is not null);
        }

        report = await _desk.Holder().ExpireAsync(Desk.Begun.AddSeconds(5), dryRun: false);
        Assert.Empty(report.Expired);
        Assert.Equal(4, _desk.ErasureList.Read().Count);
    }

    // Its certificate is of an owner key that was replaced since: nobody's word any more, but no reason to keep the others.
    [Fact]
    public async Task ExpireAsync_OfOneErasedUnderAFormerOwnerKey_ErasesTheOthers()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(3);
        await _desk.Holder().EraseAsync(rows[0].Header.CoreId, keepMetadata: true);
        using OwnerKey owner = OwnerKey.Generate();
        KeyHolder holder = new()
        {
            Register = _desk.Register,
            Trust = TrustList.Of(_desk.Trust.Keys[0], new TrustedKey(TrustedKeyKind.Owner, owner.PublicKey, Desk.Begun.AddYears(-9), Desk.Begun.AddYears(90), "owner")),
            Identity = _desk.Active,
            Recipients = _desk.Old,
            Owner = owner,
            ErasureList = _desk.ErasureList,
        };
        ExpiryReport report = await holder.ExpireAsync(Desk.Begun.AddSeconds(5), dryRun: false, keepMetadata: true);
        Assert.Equal((3, 2, 0), (report.Recordings, report.Expired.Count, report.Failures.Count));
    }

    [Fact]
    public async Task RepeatErasuresAsync_AfterARestore_ErasesAgainWhatWasErasedAndNothingElse()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(4);
        byte[] backup = await _desk.BackUpAsync();
        await _desk.Holder().EraseAsync(rows[0].Header.CoreId);
        await _desk.Holder().EraseAsync(rows[1].Header.CoreId, [new ChunkRange(3, 6)]);
        await _desk.Holder().EraseAsync(rows[1].Header.CoreId, [new ChunkRange(9, 10)]);
        ErasureCertificate held = await _desk.Holder().EraseAsync(rows[2].Header.CoreId);
        await _desk.RestoreAsync(backup);
        Assert.NotNull((await _desk.FindAsync(rows[0])).Envelope);
        await _desk.Register.SetHoldAsync(rows[2].Header.CoreId, "since the restore");

        // A line that was cut, one of a stranger, and a comment.
        using (OwnerKey stranger = OwnerKey.Generate())
        {
            byte[] foreign = ErasureCertificate.Create(stranger, rows[3].Header.CoreId, 2, true, [new ChunkRange(0, 1 << 24)], Desk.Begun, "").ToArray();
            await _desk.EditErasureListAsync($"# kept in Bonn\n{Convert.ToBase64String(foreign)}\n{Convert.ToBase64String(foreign)[..50]}");
        }

        RepeatReport report = await _desk.Holder().RepeatErasuresAsync();
        Assert.Equal((3, 2, 1, 0), (report.Recordings, report.Repeated.Count, report.Held.Count, report.Failures.Count));
        Assert.Equal(2, report.Findings.Count);
        Assert.Null((await _desk.FindAsync(rows[0])).Envelope);
        AssertKeys(_desk, rows[1], await _desk.FindAsync(rows[1]), chunk => chunk is not ((>= 3 and < 6) or 9), 2, 3, 5, 6, 8, 9, 10);
        Assert.Contains((await _desk.FindAsync(rows[2])).Erasures, certificate => certificate.ToArray().SequenceEqual(held.ToArray()));
        Assert.Equal(rows[3].Envelope!.ToArray(), (await _desk.FindAsync(rows[3])).Envelope!.ToArray());

        report = await _desk.Holder().RepeatErasuresAsync();
        Assert.Empty(report.Repeated);
    }

    // The key of before the rotation may be gone: what remains of a part cannot be made without it, but nothing has to be made of a whole recording.
    [Fact]
    public async Task RepeatErasuresAsync_OfABackupFromBeforeARotation_NeedsTheKeyOfThenForPartsOnly()
    {
        RegisteredRecording[] rows = await _desk.AddAsync(2, Recipients.Of(_desk.Active.Recipient));
        byte[] backup = await _desk.BackUpAsync();
        Assert.Equal(2, (await _desk.Holder(recipients: _desk.New).RotateAsync()).Rotated);
        KeyHolder now = _desk.Holder(_desk.Next, _desk.New);
        await now.EraseAsync(rows[0].Header.CoreId);
        await now.EraseAsync(rows[1].Header.CoreId, [new ChunkRange(3, 6)]);
        await _desk.RestoreAsync(backup);

        RepeatReport report = await _desk.Holder(_desk.Next, _desk.New).RepeatErasuresAsync();

        Assert.Equal([rows[0].Header.CoreId], report.Repeated);
        Assert.Equal(rows[1].Header.CoreId, Assert.Single(report.Failures).CoreId);
        Assert.Null((await _desk.FindAsync(rows[0])).Envelope);
        report = await _desk.Holder(_desk.Active, _desk.New).RepeatErasuresAsync();
        Assert.Equal([rows[1].Header.CoreId], report.Repeated);
        AssertKeys(_desk, rows[1], await _desk.FindAsync(rows[1]), chunk => chunk is not (>= 3 and < 6), 2, 3, 5, 6);
    }

    [Fact]
    public async Task Open_OfAListThatWasCutWithinALine_GoesOnWithALineOfItsOwn()
    {
        string path = _desk.Folder.File("cut.txt");
        RegisteredRecording[] rows = await _desk.AddAsync(2);
        ErasureCertificate first = await _desk.Holder().EraseAsync(rows[0].Header.CoreId), second = await _desk.Holder().EraseAsync(rows[1].Header.CoreId);
        await File.WriteAllTextAsync(path, Convert.ToBase64String(first.ToArray()) + "\n" + Convert.ToBase64String(second.ToArray())[..20]);
        using ErasureList list = ErasureList.Open(path);
        await list.AppendAsync(second, CancellationToken.None);
        List<string> findings = [];
        Assert.Equal([first.ToArray(), second.ToArray()], list.Read(findings).Select(certificate => certificate.ToArray()));
        Assert.Contains("line 2", Assert.Single(findings), StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => ErasureList.Open(path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_desk.ErasureList.Path));
        }
    }

    [Fact]
    public async Task EraseAsync_WithoutWhatItNeeds_SaysWhatToSet()
    {
        RegisteredRecording row = (await _desk.AddAsync(1))[0];
        KeyHolder bare = new() { Register = _desk.Register, Trust = _desk.Trust, Identity = _desk.Active, Recipients = _desk.Old };
        Assert.Contains("ErasureList", (await Assert.ThrowsAsync<InvalidOperationException>(() => bare.EraseAsync(row.Header.CoreId))).Message, StringComparison.Ordinal);
        using OwnerKey stranger = OwnerKey.Generate();
        KeyHolder untrusted = new()
        {
            Register = _desk.Register, Trust = _desk.Trust, Identity = _desk.Active, Recipients = _desk.Old, Owner = stranger, ErasureList = _desk.ErasureList,
        };
        Assert.Contains("trust list", (await Assert.ThrowsAsync<InvalidOperationException>(() => untrusted.EraseAsync(row.Header.CoreId))).Message, StringComparison.Ordinal);
        foreach (ChunkRange range in (ChunkRange[])[new(5, 5), new(-1, 3), new(0, (1 << 24) + 1)])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => _desk.Holder().EraseAsync(row.Header.CoreId, [range]));
        }

        await Assert.ThrowsAsync<RegisterException>(() => _desk.Holder().EraseAsync(CoreId.Of("unknown"u8)));
        Assert.Equal(1u, (await _desk.FindAsync(row)).Envelope!.Version);
    }

    internal static void AssertKeys(Desk desk, RegisteredRecording before, RegisteredRecording now, Func<int, bool> kept, params int[] chunks)
    {
        using RecordingKeys whole = Desk.Open(before, desk.Active);
        int opened = 0;
        foreach (Identity identity in (Identity[])[desk.Active, desk.Recovery, desk.Next])
        {
            if (!now.Envelope!.Names(identity.Recipient))
            {
                continue;
            }

            opened++;
            using RecordingKeys keys = Desk.Open(now, identity);
            foreach (int chunk in chunks)
            {
                Assert.Equal(kept(chunk) ? Desk.ChunkKey(whole, chunk) : null, Desk.ChunkKey(keys, chunk));
            }
        }

        Assert.InRange(opened, 1, 3);
    }
}
