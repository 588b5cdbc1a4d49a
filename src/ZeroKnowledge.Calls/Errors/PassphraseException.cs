namespace ZeroKnowledge.Calls;

/// <summary>An identity is locked, and its passphrase is missing or wrong.</summary>
public sealed class PassphraseException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public PassphraseException()
        : base("The identity is locked, and its passphrase is missing or wrong.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    public PassphraseException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What happened, where, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public PassphraseException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
