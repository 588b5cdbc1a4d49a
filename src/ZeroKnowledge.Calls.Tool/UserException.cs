namespace ZeroKnowledge.Calls.Tool;

/// <summary>What the user gave cannot be used; the message says so in one sentence.</summary>
internal sealed class UserException(string message, Exception? innerException = null) : Exception(message, innerException);
