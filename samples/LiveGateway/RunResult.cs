using System.Text.Encodings.Web;
using System.Text.Json;

namespace LiveGateway;

/// <summary>What a run counted. The names are those of <c>--json</c>.</summary>
internal sealed record RunResult
{
    private static readonly JsonSerializerOptions Camel = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required int Calls { get; init; }

    /// <summary>Seconds of audio in each call.</summary>
    public required int Seconds { get; init; }

    /// <summary>Audio and event frames that the recorder took.</summary>
    public required long FramesWritten { get; init; }

    /// <summary>Frames that came back with the active key.</summary>
    public required long FramesRead { get; init; }

    /// <summary>Frames, read with either key, that are not the ones written, or are missing.</summary>
    public required long FramesDifferent { get; init; }

    /// <summary>Gap frames: where audio is missing, and the recording says so.</summary>
    public required long GapFrames { get; init; }

    /// <summary>Chunks in the archive.</summary>
    public required long Chunks { get; init; }

    /// <summary>How many different sizes these chunks have: 1.</summary>
    public required int ChunkSizesSeen { get; init; }

    /// <summary>Size of the archive's files; of an archive elsewhere, of the chunks it has.</summary>
    public required long ArchiveBytes { get; init; }

    /// <summary>Places at which audio, a name, a number or a key was found outside the gateway: 0.</summary>
    public required long PlaintextFound { get; init; }

    /// <summary>How many of the three planted things the same search found: 3.</summary>
    public required int ControlsFound { get; init; }

    public required int AttacksTried { get; init; }

    public required int AttacksDetected { get; init; }

    /// <summary>How often the archive was killed while calls ran, and came back: 1; 0 of an archive that runs elsewhere.</summary>
    public required int ArchiveKills { get; init; }

    /// <summary>How often a gateway's process was killed in the middle of its calls, and recovered by the next one: 1.</summary>
    public required int GatewayKills { get; init; }

    /// <summary>Frames that were read from the recordings that the killed gateway had left without an end.</summary>
    public required long FramesRecovered { get; init; }

    /// <summary>The longest single write of a frame.</summary>
    public required double WorstWriteMicroseconds { get; init; }

    /// <summary>Everything holds that the program shows, and nothing was counted 0 times that must be seen.</summary>
    public required bool Ok { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Camel);
}
