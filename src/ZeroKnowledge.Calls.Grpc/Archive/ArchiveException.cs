using Grpc.Core;

namespace ZeroKnowledge.Calls.Grpc;

/// <summary>The archive could not be reached, or refused.</summary>
public sealed class ArchiveException : CallRecordingException
{
    /// <summary>Makes an exception with a general message.</summary>
    public ArchiveException()
        : base("The archive could not be reached, or refused.")
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    /// <param name="message">What happened.</param>
    public ArchiveException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause.</param>
    public ArchiveException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>True if the same request may succeed later.</summary>
    public bool IsTransient { get; init; }

    // What the archive says may end on a terminal or in a log: of bounded length, and without control characters.
    private const int MaxDetail = 300;

    internal StatusCode StatusCode { get; init; }

    internal static ArchiveException From(RpcException e, string what) => new($"{what}: {Readable(e.Status.Detail)} ({e.StatusCode}).", e)
    {
        StatusCode = e.StatusCode,
        IsTransient = e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted
            or StatusCode.Aborted or StatusCode.Internal or StatusCode.Unknown,
    };

    internal static string Readable(string detail) =>
        string.Create(Math.Min(detail.Length, MaxDetail), detail, static (text, from) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
            }
        });
}
