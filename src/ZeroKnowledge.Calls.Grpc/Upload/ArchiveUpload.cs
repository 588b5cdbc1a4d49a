namespace ZeroKnowledge.Calls.Grpc;

/// <summary>How far one archive is with one recording. Guarded by its own lock, which is taken before the recording's.</summary>
internal sealed class ArchiveUpload(SpooledRecording recording)
{
    public SpooledRecording Recording { get; } = recording;

    public Lock Gate { get; } = new();

    /// <summary>The archive knows the recording, or is being told.</summary>
    public bool BeginSent { get; set; }

    /// <summary>The next chunk to send.</summary>
    public int NextChunk { get; set; }

    /// <summary>Chunks before this one were sent at some time.</summary>
    public int HighestSent { get; set; }

    /// <summary>The archive has said once that it has less than it had acknowledged.</summary>
    public bool IsLost { get; set; }

    /// <summary>How often a chunk could not be read from the spool.</summary>
    public int FailedReads { get; set; }

    /// <summary>The count of the newest checkpoint that was sent.</summary>
    public int SentStatement { get; set; }

    /// <summary>The seal or the recovery was sent.</summary>
    public bool EndSent { get; set; }

    /// <summary>Chunks that the archive says are durable.</summary>
    public int DurableChunks { get; set; }

    /// <summary>The count of the newest live statement that the archive says is durable.</summary>
    public int DurableStatements { get; set; }

    /// <summary>Asks where it stands before anything else is sent: after a reconnect, a refusal or a restart.</summary>
    public bool NeedsQuery { get; set; }

    /// <summary>The query was sent: nothing else is, until it is answered.</summary>
    public bool AwaitsAnswer { get; set; }

    /// <summary>The archive has other bytes that nobody signed: a live statement over ours replaces them.</summary>
    public bool IsDifferent { get; set; }

    /// <summary>How often the archive has asked for something again since it last moved on.</summary>
    public int Repeats { get; set; }

    /// <summary>Since when something is sent and not answered, on the recorder's clock; -1 if nothing is.</summary>
    public long UnansweredSinceMs { get; set; } = -1;

    /// <summary>When a refused recording is tried again, on the recorder's clock; 0 if it is not parked.</summary>
    public long ParkedUntilMs { get; set; }

    /// <summary>Is in the queue of those that have something to send. Guarded by the queue.</summary>
    public bool IsQueued { get; set; }

    /// <summary>This archive has all of it, or will never have: nothing more is sent. Never false again.</summary>
    public volatile bool IsOver;
}
