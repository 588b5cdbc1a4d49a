namespace ZeroKnowledge.Calls;

/// <summary>The register refused a change, or cannot be used.</summary>
public sealed class RegisterException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public RegisterException()
        : base("The register refused the change.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public RegisterException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public RegisterException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
