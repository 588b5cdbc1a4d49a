namespace ZeroKnowledge.Calls;

/// <summary>The base of all exceptions that are not a caller's bug.</summary>
public class CallRecordingException : Exception
{
    /// <summary>Makes an exception with a general message.</summary>
    public CallRecordingException()
        : base("A call recording could not be processed.")
    {
    }

    /// <summary>Makes an exception with a message that says what happened, where, and what to do.</summary>
    /// <param name="message">The message.</param>
    public CallRecordingException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">The message.</param>
    /// <param name="innerException">The cause.</param>
    public CallRecordingException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
