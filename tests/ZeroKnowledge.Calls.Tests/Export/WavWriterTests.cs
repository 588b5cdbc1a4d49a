using System.Buffers.Binary;
using System.IO.Compression;
using System.Diagnostics;

namespace ZeroKnowledge.Calls.Tests;

public sealed class WavWriterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-wav-").FullName;
    private readonly TestKeys _keys = new();

    public void Dispose()
    {
        _keys.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // ITU-T G.711, tables 1a to 2b: decoder output values, A-law in units of 1/4096, µ-law of 1/8192 of full scale, here times 16 and 4.
    [Theory]
    [InlineData(0xd5, 8)]
    [InlineData(0x55, -8)]
    [InlineData(0xd4, 24)]
    [InlineData(0xc5, 264)]
    [InlineData(0xf5, 528)]
    [InlineData(0x80, 5_504)]
    [InlineData(0xaa, 32_256)]
    [InlineData(0x2a, -32_256)]
    public void ALaw_OfKnownCodes_GivesTheValuesOfG711(byte code, short value) => Assert.Equal(value, G711.ALaw(code));

    [Theory]
    [InlineData(0xff, 0)]
    [InlineData(0x7f, 0)]
    [InlineData(0xfe, 8)]
    [InlineData(0xf0, 120)]
    [InlineData(0xef, 132)]
    [InlineData(0x80, 32_124)]
    [InlineData(0x00, -32_124)]
    [InlineData(0x8f, 16_764)]
    public void MuLaw_OfKnownCodes_GivesTheValuesOfG711(byte code, short value) => Assert.Equal(value, G711.MuLaw(code));

    [SkippableTheory]
    [InlineData("a-law")]
    [InlineData("u-law")]
    public async Task Decode_OfAllCodes_IsThatOfSox(string encoding)
    {
        Engines.Require(Engines.Find("sox") is not null, "sox (Debian: sox) decodes for comparison.");
        string input = Path.Combine(_folder, "codes.raw"), output = Path.Combine(_folder, "samples.raw");
        await File.WriteAllBytesAsync(input, [.. Enumerable.Range(0, 256).Select(code => (byte)code)]);
        string[] arguments = ["-D", "-t", "raw", "-r", "8000", "-c", "1", "-e", encoding, "-b", "8", input, "-t", "raw", "-e", "signed-integer", "-b", "16", "-L", output];
        using Process sox = Process.Start(Engines.Find("sox")!, arguments);
        await sox.WaitForExitAsync();
        Assert.Equal(0, sox.ExitCode);
        byte[] samples = await File.ReadAllBytesAsync(output);
        Assert.Equal(512, samples.Length);
        for (int code = 0; code < 256; code++)
        {
            short expected = BinaryPrimitives.ReadInt16LittleEndian(samples.AsSpan(2 * code));
            Assert.Equal(expected, encoding == "a-law" ? G711.ALaw((byte)code) : G711.MuLaw((byte)code));
        }
    }

    [Fact]
    public void Write_OfTwoLegs_IsStereoByArrival()
    {
        Wav wav = Export(2, Format(0, Pcma), Format(1, Pcma), Audio(0, 0, 0, 0xd4), Audio(1, 100, 777, 0xc5), Audio(0, 20, 160, 0x55));
        Assert.Equal((2, 8_000), (wav.Channels.Length, wav.Rate));
        Assert.Equal(Enumerable.Repeat((short)24, 160), wav.Channels[0][..160]);
        Assert.Equal(Enumerable.Repeat((short)-8, 160), wav.Channels[0][160..320]);
        Assert.All(wav.Channels[1][..800], sample => Assert.Equal(0, sample));
        Assert.Equal(Enumerable.Repeat((short)264, 160), wav.Channels[1][800..960]);
        Assert.Equal(960, wav.Channels[0].Length);
    }

    [Fact]
    public void Write_OfFramesWithJitter_FollowsTheTimestamps()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 100, 1_000, 0xd4), Audio(0, 131, 1_160, 0xc5), Audio(0, 133, 1_320, 0x55), Audio(0, 175, 1_480, 0xd4));
        Assert.Equal([.. Value(0, 800), .. Value(24, 160), .. Value(264, 160), .. Value(-8, 160), .. Value(24, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfReorderedAndDuplicatedFrames_PlacesEachOnce()
    {
        Frame second = Audio(0, 40, 1_160, 0xc5);
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, 1_000, 0xd4), Audio(0, 40, 1_320, 0x55), second, second, Audio(0, 60, 1_480, 0xd4), second);
        Assert.Equal([.. Value(24, 160), .. Value(264, 160), .. Value(-8, 160), .. Value(24, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfAMissingFrame_LeavesSilence()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, 0, 0xd4), Audio(0, 40, 320, 0xc5));
        Assert.Equal([.. Value(24, 160), .. Value(0, 160), .. Value(264, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfANewSourceOrAJumpInTime_BeginsAgainByArrival()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, 0, 0xd4), Audio(0, 40, 4_000_000_000, 0xc5, ssrc: 9), Audio(0, 100, 4_000_000_000 + 160 + 40_000, 0x55, ssrc: 9));
        Assert.Equal([.. Value(24, 160), .. Value(0, 160), .. Value(264, 160), .. Value(0, 320), .. Value(-8, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfTimestampsThatWrap_GoesOn()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, uint.MaxValue - 79, 0xd4), Audio(0, 20, 80, 0xc5));
        Assert.Equal([.. Value(24, 160), .. Value(264, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfALongSilence_KeepsTheTime()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, 0, 0xd4), Audio(0, 60_000, 480_000, 0xc5));
        Assert.Equal(480_160, wav.Channels[0].Length);
        Assert.Equal(Value(264, 160), wav.Channels[0][480_000..]);
        Assert.All(wav.Channels[0][160..480_000], sample => Assert.Equal(0, sample));
    }

    // A frame that comes later than the window is wide has no place any more, and harms nothing.
    [Fact]
    public void Write_OfAFrameFarTooLate_PassesItOver()
    {
        Wav wav = Export(1, Format(0, Pcma), Audio(0, 0, 0, 0xd4), Audio(0, 8_000, 64_000, 0xc5), Audio(0, 10_000, 48_000, 0x55));
        Assert.Equal([.. Value(24, 160), .. Value(0, 63_840), .. Value(264, 160)], wav.Channels[0][..64_160]);
    }

    [Fact]
    public void Write_OfMuLawAndLinear_Decodes()
    {
        Wav wav = Export(1, Format(0, new PayloadType(0, "pcmu", 8_000)), new Frame(FrameKind.Audio, 0, 0) { PayloadType = 0, Payload = (byte[])[0x80, 0x00, 0xff] });
        Assert.Equal([32_124, -32_124, 0], wav.Channels[0]);
        wav = Export(1, Format(0, new PayloadType(8, "L16", 16_000)), new Frame(FrameKind.Audio, 0, 0) { PayloadType = 8, Payload = (byte[])[0x12, 0x34, 0x80, 0x00, 0xff, 0xff, 0x77] });
        Assert.Equal(16_000, wav.Rate);
        Assert.Equal([0x1234, -32_768, -1], wav.Channels[0]);
    }

    [Fact]
    public void Write_OfOtherFrames_PassesThemOver()
    {
        Wav wav = Export(
            1,
            Audio(0, 0, 0, 0xd4),
            Format(0, new PayloadType(8, "PCMA", 8_000), new PayloadType(13, "CN", 8_000), new PayloadType(101, "telephone-event", 8_000)),
            new Frame(FrameKind.Event, 0, 0) { PayloadType = 101, Payload = new byte[4] },
            new Frame(FrameKind.Audio, 0, 0) { PayloadType = 13, Payload = new byte[1] },
            new Frame(FrameKind.Audio, 0, 0) { PayloadType = 99, Payload = new byte[50] },
            new Frame(FrameKind.Gap, 15, 0) { GapDurationMs = 1, GapReason = GapReason.Lost },
            new Frame(FrameKind.Audio, 3, 0) { PayloadType = 8, Payload = new byte[50] },
            Audio(0, 20, 160, 0xc5));
        Assert.Equal([.. Value(0, 160), .. Value(264, 160)], wav.Channels[0]);
    }

    [Fact]
    public void Finish_OfNothing_IsAnEmptyFile()
    {
        Wav wav = Export(2);
        Assert.Equal((8_000, 0, 0), (wav.Rate, wav.Channels[0].Length, wav.Channels[1].Length));
    }

    [Theory]
    [InlineData("opus", 48_000, 2)]
    [InlineData("L16", 8_000, 2)]
    [InlineData("PCMA", 999, 1)]
    [InlineData("PCMA", 192_001, 1)]
    [InlineData("PCMA", int.MaxValue, 1)]
    public void Write_OfACodecThatIsNotKnown_SaysWhatToDo(string codec, int rate, int channels)
    {
        CallRecordingException exception = Assert.Throws<CallRecordingException>(() => Export(1, Format(0, new PayloadType(8, codec, rate, channels)), Audio(0, 0, 0, 0)));
        Assert.Contains(codec == "PCMA" ? "cannot be exported" : ".zkc", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_OfTwoRates_SaysWhatToDo() => Assert.Throws<CallRecordingException>(() =>
        Export(2, Format(0, Pcma), Format(1, new PayloadType(8, "L16", 16_000)), Audio(0, 0, 0, 0), Audio(1, 0, 0, 0)));

    // It ended in an arithmetic overflow, when the whole file was written.
    [Fact]
    public void Write_OfMoreThanFourGibibytes_SaysWhatToDo()
    {
        using CountingStream stream = new();
        WavWriter wav = new(stream, 15, 0);
        wav.Write(Format(0, new PayloadType(8, "PCMA", 192_000)));
        wav.Write(Audio(0, 0, 0, 0xd4));
        CallRecordingException exception = Assert.Throws<CallRecordingException>(() => wav.Write(Audio(0, 800_000, 0, 0xd4)));
        Assert.Contains("at most 4 GiB", exception.Message, StringComparison.Ordinal);
        Assert.InRange(stream.Length, uint.MaxValue - (64L << 20), uint.MaxValue);
    }

    [Fact]
    public async Task ExportWav_OfALegThatJoinedLater_GivesItAChannel()
    {
        TestRecording recording = TestRecording.Small(_keys, 3, end: EndReason.None);
        byte[] payload = new byte[recording.ParsedHeader.PayloadSize];
        object owner = new();
        PayloadBuffer buffer = new(payload, 0, payload.Length);
        buffer.Open(owner, 60, 0);
        byte[] audio = new byte[160];
        audio.AsSpan().Fill(0xc5);
        Assert.Equal(AppendResult.Accepted, buffer.TryAppend(new LegEncoder(owner, 2, Leg.Pcma("third")), new MediaFrame(FrameKind.Audio, 8, 1, 5, 1, false, audio), 60));
        buffer.Close(null);
        buffer.Finish(3);
        recording.Chunks.Add(recording.Encrypt(3, payload));

        await using Recording opened = await recording.OpenAsync();
        string path = Path.Combine(_folder, "call.wav");
        await opened.ExportWavAsync(path);
        Wav wav = Wav.Read(await File.ReadAllBytesAsync(path));
        Assert.Equal(3, wav.Channels.Length);
        Assert.Equal(recording.Written.SelectMany(frame => frame.Payload).Select(G711.ALaw), wav.Channels[0][..480]);
        Assert.All(wav.Channels[1], sample => Assert.Equal(0, sample));
        Assert.Equal([.. Value(0, 480), .. Value(264, 160)], wav.Channels[2]);
    }

    // The file had a head of zeros, and what was still in the window was not in it.
    [Fact]
    public async Task ExportWav_OfATruncatedRecording_HoldsWhatWasVerifiedBefore()
    {
        TestRecording recording = TestRecording.Write(_keys, 6);
        recording.Chunks.RemoveRange(4, 2);
        await using Recording opened = await recording.OpenAsync();
        string path = Path.Combine(_folder, "call.wav");
        await Assert.ThrowsAsync<TamperedException>(() => opened.ExportWavAsync(path));
        Wav wav = Wav.Read(await File.ReadAllBytesAsync(path));
        Assert.Equal(4 * 8_000, wav.Channels[0].Length);
        Assert.Equal(recording.Written.Where(frame => frame.Leg == 1).Take(200).SelectMany(frame => frame.Payload).Select(G711.ALaw), wav.Channels[1]);
    }

    // What was secret until now is not for everybody on the machine.
    [Fact]
    public async Task ExportWav_ToANewFile_OnlyItsOwnerCanReadIt()
    {
        await using Recording opened = await TestRecording.Write(_keys, 1).OpenAsync();
        string path = Path.Combine(_folder, "call.wav");
        await opened.ExportWavAsync(path);
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(path) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task ExportWav_OfARange_IsThisPartOfTheWhole()
    {
        TestRecording recording = TestRecording.Write(_keys, 6);
        await using Recording opened = await recording.OpenAsync();
        using MemoryStream whole = new(), padded = new();
        await opened.ExportWavAsync(whole);
        padded.Write([1, 2, 3]);
        await opened.ExportWavAsync(padded, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4));
        Wav all = Wav.Read(whole.ToArray()), range = Wav.Read(padded.ToArray()[3..]);
        Assert.Equal(all.Channels[1][16_000..32_000], range.Channels[1]);
    }

    // Into a pipe: nobody can go back to write the lengths.
    [Fact]
    public async Task ExportWav_IntoAStreamThatCannotSeek_LeavesTheLengthsUnknown()
    {
        TestRecording recording = TestRecording.Write(_keys, 3);
        await using Recording opened = await recording.OpenAsync();
        using MemoryStream file = new(), zipped = new(), unzipped = new();
        await opened.ExportWavAsync(file);
        await using (GZipStream zip = new(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            await opened.ExportWavAsync(zip);
        }

        zipped.Position = 0;
        await using (GZipStream zip = new(zipped, CompressionMode.Decompress))
        {
            await zip.CopyToAsync(unzipped);
        }

        byte[] piped = unzipped.ToArray();
        Assert.Equal((uint.MaxValue, uint.MaxValue), (BinaryPrimitives.ReadUInt32LittleEndian(piped.AsSpan(4)), BinaryPrimitives.ReadUInt32LittleEndian(piped.AsSpan(40))));
        Assert.Equal(file.ToArray()[44..], piped[44..]);
    }

    private static readonly PayloadType Pcma = new(8, "PCMA", 8_000);

    private static Frame Format(int leg, params PayloadType[] types) => new(FrameKind.Format, leg, 0) { Format = new Leg("leg", types) };

    private static Frame Audio(int leg, long arrivalMs, uint timestamp, byte code, uint ssrc = 7)
    {
        byte[] payload = new byte[160];
        payload.AsSpan().Fill(code);
        return new Frame(FrameKind.Audio, leg, arrivalMs) { PayloadType = 8, Timestamp = timestamp, Ssrc = ssrc, Payload = payload };
    }

    private static short[] Value(short value, int count) => [.. Enumerable.Repeat(value, count)];

    private static Wav Export(int legs, params Frame[] frames)
    {
        using MemoryStream stream = new();
        WavWriter wav = new(stream, legs, 0);
        Array.ForEach(frames, wav.Write);
        wav.Finish();
        return Wav.Read(stream.ToArray());
    }

    private sealed record Wav(int Rate, short[][] Channels)
    {
        public static Wav Read(byte[] bytes)
        {
            Assert.Equal("RIFF"u8.ToArray(), bytes[..4]);
            Assert.Equal("WAVEfmt "u8.ToArray(), bytes[8..16]);
            Assert.Equal("data"u8.ToArray(), bytes[36..40]);
            Assert.Equal(bytes.Length - 8, Int32(4));
            Assert.Equal(bytes.Length - 44, Int32(40));
            int channels = bytes[22], rate = Int32(24);
            Assert.Equal((16, 1, rate * 2 * channels, 2 * channels, 16), (Int32(16), bytes[20], Int32(28), bytes[32], bytes[34]));
            short[][] samples = [.. Enumerable.Range(0, channels).Select(c => Enumerable.Range(0, (bytes.Length - 44) / (2 * channels))
                .Select(i => BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(44 + (2 * ((i * channels) + c))))).ToArray())];
            return new Wav(rate, samples);

            int Int32(int at) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
        }
    }

    private sealed class CountingStream : Stream
    {
        private long _length;

        public override bool CanRead => false;

        public override bool CanSeek => true;

        public override bool CanWrite => true;

        public override long Length => _length;

        public override long Position { get; set; }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Position += buffer.Length;
            _length = Math.Max(_length, Position);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
