namespace ZeroKnowledge.Calls.Grpc;

/// <summary>What a spool tells its recorder. Called from the spool's thread; nothing may wait.</summary>
internal interface ISpoolEvents
{
    /// <summary>There is something to send of a recording.</summary>
    void Ready(SpooledRecording recording);

    /// <summary>A live statement is durable here.</summary>
    void Signed(SpooledRecording recording, ReadOnlySpan<byte> statement);

    /// <summary>Nothing could be written; it is tried again.</summary>
    void Failing(Exception exception);

    /// <summary>The end of a file is no record, or a file cannot be read: so many bytes were cut off.</summary>
    void Cut(string path, int bytes);
}
