using ZeroKnowledge.Calls;

namespace LiveGateway;

/// <summary>What the command line asks for.</summary>
internal sealed record JobOptions
{
    /// <summary>Concurrent calls.</summary>
    public required int Calls { get; init; }

    /// <summary>Seconds of audio in each call.</summary>
    public required int Seconds { get; init; }

    /// <summary>How many times faster than life the calls are.</summary>
    public required double Speed { get; init; }

    public required Suite Suite { get; init; }

    /// <summary>An audio file or a folder of them; null for the speech that comes with the program.</summary>
    public string? Input { get; init; }

    /// <summary>An archive that runs elsewhere; null to start one.</summary>
    public Uri? Archive { get; init; }

    public string? Data { get; init; }

    public string? Out { get; init; }

    public bool Json { get; init; }
}
