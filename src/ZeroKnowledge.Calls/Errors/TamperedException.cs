namespace ZeroKnowledge.Calls;

/// <summary>Bytes are not what was signed or sealed: damaged, forged, or of another recording. Nothing of the named part was released.</summary>
public sealed class TamperedException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public TamperedException()
        : base("The recording was altered.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What is wrong.</param>
    public TamperedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">The cause.</param>
    public TamperedException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    internal TamperedException(CoreId recording, long? chunk, string what)
        : base(chunk is { } index ? $"Recording {recording}, chunk {index}: {what}" : $"Recording {recording}: {what}")
    {
        Recording = recording;
        Chunk = chunk;
    }

    /// <summary>The recording, or 32 zeros if its header could not be read.</summary>
    public CoreId Recording { get; }

    /// <summary>The index of the chunk, or null if another part is meant.</summary>
    public long? Chunk { get; }
}
