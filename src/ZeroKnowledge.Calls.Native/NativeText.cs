using System.Text;

namespace ZeroKnowledge.Calls.Native;

/// <summary>Strings that come from C.</summary>
internal static unsafe class NativeText
{
    // More than any path, name or address has: a string without its zero is noticed, if not at once.
    private const int MaxBytes = 64 << 10;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">It is missing, too long, or not UTF-8.</exception>
    public static string Required(byte* text, string name) => Optional(text, name) ?? throw new ArgumentException($"{name} is NULL.");

    /// <exception cref="ArgumentException">It is too long or not UTF-8.</exception>
    public static string? Optional(byte* text, string name)
    {
        if (text is null)
        {
            return null;
        }

        int length = 0;
        while (text[length] != 0)
        {
            if (++length > MaxBytes)
            {
                throw new ArgumentException($"{name} has no zero byte within {MaxBytes} bytes.");
            }
        }

        try
        {
            return Utf8.GetString(text, length);
        }
        catch (DecoderFallbackException e)
        {
            throw new ArgumentException($"{name} is not UTF-8.", e);
        }
    }
}
