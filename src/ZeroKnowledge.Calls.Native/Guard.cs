using System.Text;

namespace ZeroKnowledge.Calls.Native;

/// <summary>What lies between C and the library: no exception crosses, and the last one of each thread is kept in words.</summary>
internal static class Guard
{
    [ThreadStatic]
    private static string? _lastError;

    // More than any structure will have: what is beyond is not looked at.
    private const uint MaxStruct = 4_096;

    /// <param name="request">What C asked for.</param>
    /// <param name="badArgument">What a caller's mistake is called.</param>
    public static NativeResult Run(Func<NativeResult> request, NativeResult badArgument = NativeResult.Argument)
    {
        try
        {
            return request();
        }
#pragma warning disable CA1031 // Whatever it is, it must not cross into C.
        catch (Exception e)
#pragma warning restore CA1031
        {
            // What lies deepest says what is missing, as a library beside this one.
            return Fail(ResultOf(e, badArgument), e.GetBaseException().Message);
        }
    }

    public static NativeResult Fail(NativeResult result, string message)
    {
        _lastError = message;
        return result;
    }

    public static NativeResult BadHandle() => Fail(NativeResult.Handle, "The handle was closed, or never was one.");

    /// <summary>A structure of a newer header is taken if what this library does not know is zero.</summary>
    public static unsafe bool Fits(void* structure, uint size, int known) =>
        size >= known && size <= MaxStruct && !new ReadOnlySpan<byte>((byte*)structure + known, (int)size - known).ContainsAnyExcept((byte)0);

    public static NativeResult BadSize(string name, uint size, int known) =>
        Fail(NativeResult.Size, $"{name}->size is {size}, where this library knows {known} bytes; bytes beyond must be zero.");

    public static unsafe nuint CopyLastError(byte* buffer, nuint size)
    {
        byte[] text = Encoding.UTF8.GetBytes(_lastError ?? "");
        if (buffer is not null && size > 0)
        {
            int length = (int)Math.Min((nuint)text.Length, size - 1);
            text.AsSpan(0, length).CopyTo(new Span<byte>(buffer, length));
            buffer[length] = 0;
        }

        return (nuint)text.Length;
    }

    private static NativeResult ResultOf(Exception e, NativeResult badArgument) => e switch
    {
        AdmissionException => NativeResult.Limit,
        ObjectDisposedException => NativeResult.Ended,
        ArgumentException or FormatException => badArgument,
        InvalidDataException or InvalidOperationException => badArgument,
        IOException or UnauthorizedAccessException or RegisterException => NativeResult.IO,
        _ => NativeResult.Internal,
    };
}
