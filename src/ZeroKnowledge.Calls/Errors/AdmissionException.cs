namespace ZeroKnowledge.Calls;

/// <summary>A new call was refused because a limit is reached; running calls go on.</summary>
public sealed class AdmissionException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public AdmissionException()
        : base("The call was refused: a limit is reached.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public AdmissionException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public AdmissionException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
