namespace ZeroKnowledge.Calls.Tests;

public sealed class RecipientGroupTests
{
    private static readonly Recipient[] Some = [.. Enumerable.Range(0, 17).Select(_ =>
    {
        using Identity identity = Identity.Generate();
        return identity.Recipient;
    })];

    [Fact]
    public void Parse_OfAFileWithGroups_GivesThemAndToStringWritesThem()
    {
        Recipients list = Recipients.Of(Some[..2], [RecipientGroup.Of(3, Some.AsSpan(2, 5)), RecipientGroup.Of(2, Some.AsSpan(0, 2))]);
        Recipients read = Recipients.Parse("# ours\n" + list + "\n");
        Assert.Equal(list.ToString(), read.ToString());
        Assert.Equal(Some[..2], read);
        Assert.Equal(["3 of 5", "2 of 2"], read.Groups.Select(group => group.ToString()));
        Assert.Equal(Some[2..7], read.Groups[0].Members);
    }

    [Theory]
    [InlineData("group 3 of 5\n{0}\n{1}", "lacks 3 members")]
    [InlineData("group 2 of 2\n{0}\ngroup 2 of 2\n{1}\n{2}", "lacks 1 members")]
    [InlineData("group 2 of 2\n{0}\n{0}", "twice")]
    [InlineData("group 1 of 2\n{0}\n{1}", "2 ≤ k ≤ n ≤ 16")]
    [InlineData("group 3 of 2\n{0}\n{1}", "2 ≤ k ≤ n ≤ 16")]
    [InlineData("group 2 of 17\n{0}", "2 ≤ k ≤ n ≤ 16")]
    [InlineData("group 2\n{0}", "group 3 of 5")]
    [InlineData("group +2 of 3\n{0}", "group 3 of 5")]
    [InlineData("{0}\n{0}", "twice")]
    [InlineData("", "not 0")]
    public void Parse_OfAFileThatIsNone_SaysWhy(string text, string because)
    {
        FormatException refusal = Assert.Throws<FormatException>(() => Recipients.Parse(string.Format(null, text, Some[0], Some[1], Some[2])));
        Assert.Contains(because, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_BeyondALimit_IsRefused()
    {
        Assert.Throws<FormatException>(() => RecipientGroup.Of(2, Some));
        Assert.Throws<FormatException>(() => RecipientGroup.Of(1, Some.AsSpan(0, 2)));
        RecipientGroup[] groups = [.. Enumerable.Range(0, 5).Select(i => RecipientGroup.Of(2 + i, Some.AsSpan(0, 16)))];
        Assert.Equal(4, Recipients.Of([], groups[..4]).Groups.Count);
        Assert.Throws<FormatException>(() => Recipients.Of([], groups));
        Assert.Throws<FormatException>(() => Recipients.Of([], [groups[0], groups[0]]));
    }

    // 64 keys, and all the nodes that may be.
    [Fact]
    public void Write_OfTheLargestListAndBody_FitsAnEnvelope()
    {
        Recipients largest = Recipients.Of([], [.. Enumerable.Range(0, 4).Select(i => RecipientGroup.Of(2 + i, Some.AsSpan(0, 16)))]);
        byte[] contents = new byte[OpenedEnvelope.PartHead + (Format.MaxNodes * KeyNode.Size)];
        byte[] bytes = EnvelopeWriter.Write(Suite.Aegis256, 2, CoreId.Of("x"u8), EnvelopeForm.PartErased, contents, new byte[32], largest);
        Assert.InRange(bytes.Length, 0, Format.MaxEnvelope);
        Assert.True(KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out string? error), error);
        Assert.True(largest.AreThoseOf(envelope));
    }

    [Fact]
    public void Validate_OfAPolicyWhoseOnlyRecipientsAreAGroup_WantsOneToSpare()
    {
        using GatewayKey gateway = GatewayKey.Generate();
        new RecordingPolicy { Recipients = Recipients.Of([], [RecipientGroup.Of(2, Some.AsSpan(0, 3))]), Gateway = gateway }.Validate();
        Assert.Throws<ArgumentException>(() => new RecordingPolicy { Recipients = Recipients.Of([], [RecipientGroup.Of(3, Some.AsSpan(0, 3))]), Gateway = gateway }.Validate());
    }
}
