namespace ZeroKnowledge.Calls.Tests;

public sealed class EnvelopeReaderTests : IDisposable
{
    private readonly TestKeys _keys = new();

    public static TheoryData<Suite> Suites => [Suite.Aes256Gcm, Suite.Aegis256];

    public void Dispose() => _keys.Dispose();

    [Theory]
    [MemberData(nameof(Suites))]
    public void Open_WithAnyByteFlipped_IsRefused(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 0, suite);
        byte[] bytes = recording.Envelope.ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            byte flip = (byte)(1 << (i % 8));
            bytes[i] ^= flip;
            if (KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out _))
            {
                foreach (Identity identity in new[] { _keys.Active, _keys.Recovery })
                {
                    Exception? refusal = Record.Exception(() => EnvelopeReader.Open(envelope, recording.ParsedHeader, identity).Dispose());
                    Assert.True(refusal is TamperedException or NoMatchingKeyException, $"byte {i}: {refusal}");
                }
            }

            bytes[i] ^= flip;
        }
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task OpenRecording_WithAnAlteredEnvelope_IsNotVerified(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 2, suite);
        byte[] bytes = recording.Envelope.ToArray();
        foreach (int position in new[] { 13, 100, 1_300, bytes.Length - 100, bytes.Length - 33, bytes.Length - 1 })
        {
            byte[] altered = [.. bytes];
            altered[position] ^= 1;
            if (!KeyEnvelope.TryParse(altered, out KeyEnvelope? envelope, out _))
            {
                continue;
            }

            recording.Envelope = envelope;
            try
            {
                await using Recording opened = await recording.OpenAsync();
                AssertReleasesNothing(opened);
                Assert.Equal(RecordingState.NotVerified, (await opened.VerifyAsync()).State);
            }
            catch (NoMatchingKeyException)
            {
                // Its own stanza was altered.
                Assert.InRange(position, 48, 48 + Stanza.SizeFor(_keys.Active.Recipient));
            }
        }
    }

    [Fact]
    public async Task OpenRecording_WithTheEnvelopeOfAnother_IsNotVerified()
    {
        TestRecording recording = TestRecording.Small(_keys, 2), other = TestRecording.Small(_keys, 2);
        recording.Envelope = other.Envelope;
        await using Recording opened = await recording.OpenAsync();
        AssertReleasesNothing(opened);
        RecordingReport report = await opened.VerifyAsync();
        Assert.Equal(RecordingState.NotVerified, report.State);
        Assert.Contains("another recording", Assert.Single(report.Findings), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Open_OfForm2_GivesItsNodesAndTheMetadataKeys(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 0, suite);
        EnvelopeForge forge = new(recording) { Form = 2 };
        KeyNode[] rest = [.. KeyNode.Cover(0, 5), .. KeyNode.Cover(9, Format.MaxChunks)];
        forge.Contents = forge.Part(rest);
        using RecordingKeys part = EnvelopeReader.Open(forge.Envelope(), recording.ParsedHeader, _keys.Active);
        using RecordingKeys whole = recording.OpenKeys();
        Assert.Equal(EnvelopeForm.PartErased, part.Form);
        Assert.Equal(whole.OpeningKey.ToArray(), part.OpeningKey.ToArray());
        Assert.Equal(whole.ClosingKey.ToArray(), part.ClosingKey.ToArray());
        byte[] expected = new byte[32], key = new byte[32];
        foreach (int chunk in new[] { 0, 4, 9, 100_000, Format.MaxChunks - 1 })
        {
            Assert.True(whole.TryChunkKey(chunk, expected) && part.TryChunkKey(chunk, key));
            Assert.Equal(expected, key);
        }

        Assert.All(Enumerable.Range(5, 4), chunk => Assert.False(part.HasChunkKey(chunk)));
    }

    [Theory]
    [MemberData(nameof(Suites))]
    public void Open_OfForm3_GivesNoKey(Suite suite)
    {
        TestRecording recording = TestRecording.Small(_keys, 0, suite);
        EnvelopeForge forge = new(recording) { Form = 3 };
        forge.Contents = forge.Control;
        using RecordingKeys none = EnvelopeReader.Open(forge.Envelope(), recording.ParsedHeader, _keys.Recovery);
        Assert.Equal(EnvelopeForm.AllErased, none.Form);
        Assert.False(none.HasMetadataKeys);
        Assert.False(none.HasChunkKey(0));
    }

    // Who holds no key knows the recipients, the header and every ciphertext, but not control.
    [Theory]
    [InlineData(3, 32)]
    [InlineData(1, 32)]
    public void Open_OfAnEnvelopeForgedWithoutKeys_IsRefused(byte form, int size)
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        byte[] guessed = new byte[size];
        EnvelopeForge forge = new(recording) { Form = form, Contents = guessed, MacControl = guessed };
        AssertRefused("not the one the header commits to", recording, forge);
        forge.MacControl = recording.ParsedHeader.Commitment.ToArray();
        AssertRefused("not the one the header commits to", recording, forge);
    }

    [Fact]
    public void Open_WithAWrongPart_NamesIt()
    {
        TestRecording recording = TestRecording.Small(_keys, 0), other = TestRecording.Small(_keys, 0);
        byte[] foreign = new EnvelopeForge(other).Secret;
        AssertRefused("commits to", recording, new EnvelopeForge(recording) { Contents = foreign });
        AssertRefused("MAC", recording, new EnvelopeForge(recording) { MacControl = new EnvelopeForge(other).Control });
        AssertRefused("body", recording, new EnvelopeForge(recording) { BodyCoreId = other.CoreId });
        AssertRefused("another recording", recording, new EnvelopeForge(recording) { CoreId = other.CoreId });
        AssertRefused("another recording", recording, new EnvelopeForge(recording) { Suite = Suite.Aegis256 });
        Assert.Null(Record.Exception(() => Open(recording, new EnvelopeForge(recording))));
    }

    [Theory]
    [InlineData(0, 32)]
    [InlineData(4, 32)]
    [InlineData(255, 32)]
    [InlineData(1, 31)]
    [InlineData(1, 33)]
    [InlineData(1, 0)]
    [InlineData(2, 32)]
    [InlineData(2, 97)]
    [InlineData(3, 31)]
    [InlineData(3, 33)]
    [InlineData(3, 64)]
    public void Open_OfABodyThatIsNoForm_IsRefused(byte form, int size)
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        EnvelopeForge forge = new(recording) { Form = form };
        forge.Contents = [.. (form == 1 ? forge.Secret : forge.Control).Concat(new byte[size]).Take(size)];
        AssertRefused("body", recording, forge);
    }

    [Fact]
    public void Open_OfForm2WithAWrongListOfNodes_IsRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        EnvelopeForge forge = new(recording) { Form = 2 };
        KeyNode[][] lists =
        [
            [new(12, 5), new(12, 5)],
            [new(12, 6), new(12, 5)],
            [new(11, 1), new(12, 5)],
            [new(12, 4), new(12, 5), new(12, 6), new(12, 7)],
            [new(13, 0)],
            [new(1, 4)],
            [new(12, -1)],
        ];
        foreach (KeyNode[] list in lists)
        {
            forge.Contents = forge.Part(list);
            AssertRefused("list of nodes", recording, forge);
        }

        byte[] good = forge.Part(new(12, 4), new(12, 6));
        foreach (byte[] bad in new byte[][] { [.. good[..96], 0, 0, 0], [.. good[..97], 1, .. good[98..]], [.. good[..97], 3, .. good[98..]], good[..^1], [.. good, 0] })
        {
            forge.Contents = bad;
            AssertRefused("list of nodes", recording, forge);
        }

        forge.Contents = good;
        Assert.Null(Record.Exception(() => Open(recording, forge)));
    }

    [Fact]
    public void Open_OfForm2WithTooManyNodes_IsRefused()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        EnvelopeForge forge = new(recording) { Form = 2, Recipients = [_keys.Active.Recipient] };
        KeyNode[] nodes = [.. Enumerable.Range(0, Format.MaxNodes + 1).Select(i => new KeyNode(12, 2 * i))];
        forge.Contents = forge.Part(nodes[..^1]);
        Assert.Null(Record.Exception(() => Open(recording, forge)));
        forge.Contents = forge.Part(nodes);
        AssertRefused("list of nodes", recording, forge);
    }

    [Fact]
    public async Task Open_WithAnIdentityOfNoRecipient_SaysNoMoreThanHowManyThereAre()
    {
        TestRecording recording = TestRecording.Small(_keys, 1);
        using Identity stranger = Identity.Generate();
        ReaderOptions options = new() { Trust = _keys.Trust, Identity = stranger, Envelope = recording.Envelope };
        NoMatchingKeyException exception = await Assert.ThrowsAsync<NoMatchingKeyException>(async () => await recording.OpenAsync(options));
        Assert.Equal("None of the 2 recipients of this recording matches the given identity.", exception.Message);
        Assert.Null(exception.InnerException);
        Assert.Empty(exception.Data);
    }

    // A stanza with the tag of somebody else is a hint that leads nowhere, and the message is the same.
    [Fact]
    public void Open_WithATagOfItsOwnOnAForeignStanza_SaysTheSame()
    {
        TestRecording recording = TestRecording.Small(_keys, 1);
        using Identity stranger = Identity.Generate();
        byte[] bytes = recording.Envelope.ToArray();
        stranger.Recipient.Tag.CopyTo(bytes.AsSpan(48 + Stanza.HeadSize));
        Assert.True(KeyEnvelope.TryParse(bytes, out KeyEnvelope? envelope, out _));
        NoMatchingKeyException exception = Assert.Throws<NoMatchingKeyException>(() => EnvelopeReader.Open(envelope, recording.ParsedHeader, stranger));
        Assert.Equal("None of the 2 recipients of this recording matches the given identity.", exception.Message);
    }

    [Fact]
    public void Write_Twice_UsesANewEnvelopeKey()
    {
        TestRecording recording = TestRecording.Small(_keys, 0);
        EnvelopeForge forge = new(recording);
        byte[] Write() => EnvelopeWriter.WriteWhole(Suite.Aes256Gcm, recording.CoreId, forge.Secret, forge.Control, _keys.Policy().Recipients);
        Assert.NotEqual(EnvelopeKey(Write()), EnvelopeKey(Write()));

        byte[] EnvelopeKey(byte[] envelope)
        {
            Assert.True(KeyEnvelope.TryParse(envelope, out KeyEnvelope? parsed, out _));
            byte[] info = new byte[EnvelopeInfo.Size], key = new byte[32];
            EnvelopeInfo.Write(info, recording.CoreId);
            Assert.True(_keys.Active.TryUnwrap(info, parsed.Stanzas[0].Body.Span, key));
            return key;
        }
    }

    private static void AssertReleasesNothing(Recording recording)
    {
        Assert.False(recording.IsVerified);
        Assert.Null(recording.Metadata);
        Assert.Null(recording.Summary);
        Assert.Equal(0, recording.Signed);
        Assert.Throws<TamperedException>(() => recording.Header);
    }

    private void AssertRefused(string reason, TestRecording recording, EnvelopeForge forge)
    {
        TamperedException exception = Assert.Throws<TamperedException>(() => Open(recording, forge));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Equal(recording.CoreId, exception.Recording);
    }

    private void Open(TestRecording recording, EnvelopeForge forge) => EnvelopeReader.Open(forge.Envelope(), recording.ParsedHeader, _keys.Active).Dispose();
}
