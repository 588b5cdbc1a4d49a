namespace ArchiveService;

/// <summary>The archive cannot start as it was asked to; the message is one sentence for the operator.</summary>
public sealed class StartException : Exception
{
    /// <summary>Makes an exception with a general message.</summary>
    public StartException()
        : base("The archive cannot start.")
    {
    }

    /// <summary>Makes an exception with its sentence.</summary>
    /// <param name="message">The sentence.</param>
    public StartException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with its sentence and its cause.</summary>
    /// <param name="message">The sentence.</param>
    /// <param name="innerException">The cause.</param>
    public StartException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
