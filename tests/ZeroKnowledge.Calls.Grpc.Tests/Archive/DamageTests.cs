namespace ZeroKnowledge.Calls.Grpc.Tests.Archive;

/// <summary>Each kind of damage is a finding of the recording that it befell, and of no other.</summary>
public sealed class DamageTests(DamagedArchive archive) : IClassFixture<DamagedArchive>
{
    [Theory]
    [InlineData("chunk", "Chunk 3 of 8 is missing or damaged.")]
    [InlineData("leaf", "Chunk 3 of 8 is missing or damaged.")]
    [InlineData("chunk-gone", "Chunk 3 of 8 is missing or damaged.")]
    [InlineData("leaf-gone", "Chunk 3 of 8 is missing or damaged.")]
    [InlineData("last-chunk-gone", "8 chunks are signed, 7 are stored.")]
    [InlineData("chunks-swapped", "The statement of 8 chunks is not about those that are stored.")]
    [InlineData("chunk-of-another", "The statement of 8 chunks is not about those that are stored.")]
    [InlineData("opening", "The opening record is missing or damaged.")]
    [InlineData("closing-gone", "The closing record is missing or damaged.")]
    [InlineData("statement", "A stored statement is damaged")]
    [InlineData("statement-signature", "A stored statement is damaged")]
    [InlineData("statement-gone", "The newest statement is missing.")]
    [InlineData("first-statement-gone", "The first checkpoint is missing.")]
    [InlineData("header", "header")]
    [InlineData("opening-hash", "The opening record is missing or damaged.")]
    [InlineData("count", "damaged")]
    [InlineData("sealed", "The recording is marked as sealed, or as not, against its newest statement.")]
    [InlineData("tree", "The stored tree is not that of the newest statement.")]
    [InlineData("row-of-another", "The header is of another recording.")]
    [InlineData("row-gone", "The recording's row is missing.")]
    [InlineData("writer-gone", "The note of who began it is missing")]
    [InlineData("receipt", "A stored receipt was not signed by this archive.")]
    [InlineData("receipt-of-another", "A stored receipt is for a statement that is not here.")]
    [InlineData("receipt-gone", "The receipt of the newest statement is missing.")]
    [InlineData("reader", "A named reader is damaged.")]
    [InlineData("reader-gone", "A reader is noted that was not named.")]
    [InlineData("grant-gone", "A named reader cannot read, or its recording is missing.")]
    [InlineData("certificate", "The deletion certificate was not signed by this archive.")]
    [InlineData("certificate-count", "deletion certificate")]
    [InlineData("certificate-cut", "The deletion certificate is damaged")]
    public void Fsck_Damage_IsAFindingOfThatRecording(string kind, string finding) =>
        Assert.Contains(archive.FindingsOf(kind), one => one.Contains(finding, StringComparison.Ordinal));

    [Fact]
    public void Fsck_RecordingWithoutDamageAmongDamagedOnes_HasNoFinding() => Assert.Empty(archive.FindingsOf("none"));

    [Fact]
    public void Fsck_CountOfATenantThatIsWrong_IsAFindingOfTheTenant() =>
        Assert.Contains("\nbeta: The tenant's count is wrong", archive.Output, StringComparison.Ordinal);

    [Fact]
    public void Fsck_EveryKindOfDamage_HasATest() => Assert.Equal(
        DamagedArchive.Kinds.Order(StringComparer.Ordinal),
        typeof(DamageTests).GetMethod(nameof(Fsck_Damage_IsAFindingOfThatRecording))!.GetCustomAttributes(inherit: false).OfType<InlineDataAttribute>()
            .Select(data => (string)data.GetData(null!).Single()[0]).Append("none").Order(StringComparer.Ordinal));

    [Fact]
    public void Fsck_Damage_EndsWithOneAndTheNumberOfFindings()
    {
        Assert.Equal(1, archive.Code);
        Assert.EndsWith("findings.\n", archive.Output, StringComparison.Ordinal);
    }
}
