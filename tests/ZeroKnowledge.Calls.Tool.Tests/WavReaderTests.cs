using System.Buffers.Binary;

namespace ZeroKnowledge.Calls.Tool.Tests;

public class WavReaderTests
{
    [Fact]
    public async Task Read_OfTwoChannels_GivesLegsInNetworkOrder()
    {
        byte[] audio = new byte[160 * 2 * 2 * 2];
        for (int i = 0; i < audio.Length / 2; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(audio.AsSpan(2 * i), (short)((i % 2 == 0 ? 0x1000 : 0x2000) + (i / 2)));
        }

        WavReader wav = await OpenAsync(Wav(1, 2, 16, audio));
        byte[][]? first = await wav.ReadAsync(default), second = await wav.ReadAsync(default);

        Assert.Equal((8_000, 160, 2, 0.04), (wav.Rate, wav.SamplesPerFrame, wav.Legs.Count, wav.Seconds));
        Assert.Equal([0x10, 0x00, 0x10, 0x01], first![0][..4]);
        Assert.Equal([0x20, 0xa0], second![1][..2]);
        Assert.Null(await wav.ReadAsync(default));
    }

    // What sox and ffmpeg write into a pipe, and what is left of a file whose writer was killed.
    [Theory]
    [InlineData(0u)]
    [InlineData(0x7fff_f000u)]
    [InlineData(uint.MaxValue)]
    public async Task Read_OfAnUnknownLength_ReadsToTheEnd(uint length)
    {
        byte[] file = Wav(6, 1, 8, new byte[400]);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), length);

        WavReader wav = await OpenAsync(file);

        Assert.Equal((160, 160, 80), ((await wav.ReadAsync(default))![0].Length, (await wav.ReadAsync(default))![0].Length, (await wav.ReadAsync(default))![0].Length));
        Assert.Null(await wav.ReadAsync(default));
    }

    [Fact]
    public async Task Open_OfAFileCutAnywhere_IsRefusedOrReadsWhatIsThere()
    {
        byte[] file = Wav(1, 1, 16, new byte[320]);
        for (int length = 0; length < file.Length; length++)
        {
            await OpenCutAsync(file[..length]);
        }
    }

    [Theory]
    [InlineData(1, 1, 24)]
    [InlineData(3, 1, 32)]
    [InlineData(1, 0, 16)]
    [InlineData(1, 16, 16)]
    public async Task Open_OfAFormatThatCannotBeTaken_SaysWhatToDo(ushort tag, ushort channels, ushort bits) =>
        await Assert.ThrowsAsync<UserException>(() => OpenAsync(Wav(tag, channels, bits, new byte[64])));

    private static async Task OpenCutAsync(byte[] file)
    {
        if (file.Length < 44)
        {
            await Assert.ThrowsAsync<UserException>(() => OpenAsync(file));
            return;
        }

        WavReader wav = await OpenAsync(file);
        int bytes = (await wav.ReadAsync(default))?[0].Length ?? 0;
        Assert.Equal((file.Length - 44) / 2 * 2, bytes);
    }

    private static async Task<WavReader> OpenAsync(byte[] file) => await WavReader.OpenAsync("a.wav", new MemoryStream(file), default);

    private static byte[] Wav(ushort tag, ushort channels, ushort bits, byte[] audio)
    {
        byte[] head = new byte[44];
        "RIFF"u8.CopyTo(head);
        "WAVEfmt "u8.CopyTo(head.AsSpan(8));
        head[16] = 16;
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(20), tag);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(22), channels);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(24), 8_000);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(34), bits);
        "data"u8.CopyTo(head.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(40), audio.Length);
        return [.. head, .. audio];
    }
}
