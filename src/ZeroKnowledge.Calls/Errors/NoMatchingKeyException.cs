namespace ZeroKnowledge.Calls;

/// <summary>None of the given identities opens the key envelope.</summary>
public sealed class NoMatchingKeyException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public NoMatchingKeyException()
        : base("None of the recipients of this recording matches.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public NoMatchingKeyException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public NoMatchingKeyException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
