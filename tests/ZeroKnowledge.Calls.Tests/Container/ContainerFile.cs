namespace ZeroKnowledge.Calls.Tests;

/// <summary>A <c>.zkc</c> file put together block by block, as docs/FORMAT.md, section 12, has it, or otherwise.</summary>
internal sealed class ContainerFile : IDisposable
{
    private readonly TestRecording _recording;
    private readonly string _folder = Directory.CreateTempSubdirectory("zkcalls-container-").FullName;

    public ContainerFile(TestRecording recording)
    {
        _recording = recording;
        Checkpoint = recording.Statements[0];
        int next = 1;
        for (int i = 0; i < recording.Chunks.Count; i++)
        {
            Blocks.Add((1, recording.Chunks[i]));
            for (; next < recording.Statements.Count && CountOf(recording.Statements[next]) == i + 1 && !IsSeal(recording.Statements[next]); next++)
            {
                Blocks.Add((2, recording.Statements[next]));
            }
        }

        if (recording.ClosingRecord.Length > 0)
        {
            Blocks.Add((3, recording.ClosingRecord));
            Blocks.Add((2, recording.Statements[^1]));
        }
    }

    public byte[] Checkpoint { get; set; }

    public List<(byte Type, byte[] Body)> Blocks { get; } = [];

    public string Path => System.IO.Path.Combine(_folder, "call.zkc");

    public static byte[] Block(byte type, byte[] body) => [type, (byte)(body.Length >> 24), (byte)(body.Length >> 16 & 255), (byte)(body.Length >> 8 & 255), (byte)(body.Length & 255), .. body];

    public byte[] Bytes() => [.. _recording.Header, .. _recording.OpeningRecord, .. Checkpoint, .. Blocks.SelectMany(block => Block(block.Type, block.Body))];

    public ValueTask<Recording> OpenAsync(byte[]? bytes = null)
    {
        File.WriteAllBytes(Path, bytes ?? Bytes());
        return Recording.OpenFileAsync(Path, _recording.Options());
    }

    public async Task<(RecordingReport Report, List<Frame> Frames, Exception? Exception)> ReadAsync(byte[]? bytes = null)
    {
        await using Recording opened = await OpenAsync(bytes);
        RecordingReport report = await opened.VerifyAsync();
        (List<Frame> frames, Exception? exception) = await opened.PlayAsync();
        _recording.AssertPrefix(frames);
        return (report, frames, exception);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static int CountOf(byte[] statement) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(statement.AsSpan(79));

    private static bool IsSeal(byte[] statement) => statement[14] == 2;
}
