namespace ZeroKnowledge.Calls.Tool;

internal enum FileKind
{
    Unknown = 0,
    Container,
    Envelope,
    Grant,

    /// <summary>A grant with its chunks.</summary>
    Range,
    Shares,
    Text,
}

/// <summary>What a file is, by its first bytes.</summary>
internal static class FileKinds
{
    private const int Magic = 8;

    public static FileKind Of(string path) => InputFile.Read("The file", path, name =>
    {
        using FileStream file = new(name, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[Magic];
        start = start[..file.ReadAtLeast(start, Magic, throwOnEndOfStream: false)];
        return start.StartsWith("ZKCALLS1"u8) ? FileKind.Container
            : start.StartsWith("ZKCENV1\0"u8) ? FileKind.Envelope
            : start.StartsWith("ZKCGRT1\0"u8) ? FileKind.Grant
            : start.StartsWith("ZKCRNG1\0"u8) ? FileKind.Range
            : start.StartsWith("ZKCSHR1\0"u8) ? FileKind.Shares
            : start.IndexOf((byte)0) < 0 ? FileKind.Text
            : FileKind.Unknown;
    });
}
