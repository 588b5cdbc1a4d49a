namespace LiveGateway;

/// <summary>The program cannot do what it was asked to. One sentence for the user; exit code 2.</summary>
internal sealed class UserException(string message, Exception? innerException = null) : Exception(message, innerException);
