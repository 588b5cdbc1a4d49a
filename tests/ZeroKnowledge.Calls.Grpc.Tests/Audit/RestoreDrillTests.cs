namespace ZeroKnowledge.Calls.Grpc.Tests.Audit;

public sealed class RestoreDrillTests : IAsyncLifetime
{
    private readonly Customer _customer = new();

    public Task InitializeAsync() => _customer.InitializeAsync();

    public Task DisposeAsync() => _customer.DisposeAsync();

    [Fact]
    public async Task AuditAsync_WithASample_RestoresSoManyAndTakesTheTime()
    {
        for (int i = 0; i < 6; i++)
        {
            await _customer.StoreAsync(chunks: 5);
        }

        RestoreDrill drill = (await AuditAsync(4)).Drill!;

        Assert.Equal((4, 4, 6L), (drill.Recordings.Count, drill.Restored, drill.PickedFrom));
        Assert.Equal(4, drill.Recordings.Select(recording => recording.CoreId).Distinct().Count());
        Assert.InRange(drill.FirstAudio!.Value, TimeSpan.FromTicks(1), drill.Elapsed);
        Assert.All(drill.Recordings, recording => Assert.InRange(recording.FirstAudio!.Value, TimeSpan.FromTicks(1), recording.Elapsed));
        Assert.Equal(TimeSpan.Zero, drill.Rpo);
    }

    [Fact]
    public async Task AuditAsync_SampleLargerThanTheRegister_TakesAll()
    {
        await _customer.StoreAsync(chunks: 0);
        await _customer.StoreAsync(chunks: 1);

        AuditReport report = await AuditAsync(100);

        Assert.True(report.IsWell, report.ToJson());
        Assert.Equal(2, report.Drill!.Restored);
    }

    // Picked by chance: that each of four is picked in 200 drills of one fails once in 10^24 runs.
    [Fact]
    public async Task AuditAsync_SampleOfOne_IsAnyOfThem()
    {
        List<CoreId> ids = [];
        for (int i = 0; i < 4; i++)
        {
            ids.Add((await _customer.StoreAsync(chunks: 1)).Id);
        }

        HashSet<CoreId> picked = [];
        for (int i = 0; i < 200 && picked.Count < ids.Count; i++)
        {
            picked.Add((await AuditAsync(1)).Drill!.Recordings.Single().CoreId);
        }

        Assert.Equal(ids.Order(Comparer<CoreId>.Create((a, b) => string.CompareOrdinal(a.ToString(), b.ToString()))), picked.OrderBy(id => id.ToString(), StringComparer.Ordinal));
    }

    [Fact]
    public async Task AuditAsync_OpenRecording_HasTheAgeOfItsNewestAudioAsRecoveryPoint()
    {
        WrittenCall call = await _customer.StoreAsync(chunks: 6, end: EndReason.None);

        RestoredRecording restored = Assert.Single((await AuditAsync(1)).Drill!.Recordings);

        // Five ticks of 20 ms after the beginning: later than the newest statement, which covers four.
        Assert.Equal(call.Header.Begun.AddMilliseconds(100), restored.NewestAudio);
        Assert.InRange(restored.Rpo!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
    }

    [Fact]
    public async Task AuditAsync_MissingRecording_IsInTheSampleAndNotRestored()
    {
        await _customer.Register.AddAsync([WrittenCall.Write(_customer).Row()]);

        AuditReport report = await AuditAsync(1);

        Assert.False(report.IsWell);
        Assert.Contains("no such recording", Assert.Single(report.Drill!.Recordings).Finding, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuditAsync_IdentityOfSomebodyElse_RestoresNothing()
    {
        await _customer.StoreAsync();
        using Identity stranger = Identity.Generate();

        AuditReport report = await _customer.Client.AuditAsync(new AuditOptions
        {
            Trust = _customer.Trust, Register = _customer.Register, DecryptSample = 1, Identity = stranger,
        });

        Assert.Equal((0L, false, 0), (report.NotWell, report.IsWell, report.Drill!.Restored));
        Assert.NotNull(report.Drill.Recordings.Single().Finding);
    }

    [Fact]
    public async Task AuditAsync_SampleWithoutAnIdentity_IsRefused() => await Assert.ThrowsAsync<ArgumentException>(
        () => _customer.Client.AuditAsync(new AuditOptions { Trust = _customer.Trust, Register = _customer.Register, DecryptSample = 1 }));

    private Task<AuditReport> AuditAsync(int sample) => _customer.Client.AuditAsync(new AuditOptions
    {
        Trust = _customer.Trust, Register = _customer.Register, DecryptSample = sample, Identity = _customer.Identity,
    });
}
