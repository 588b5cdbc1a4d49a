using System.Text;

namespace ZeroKnowledge.Calls;

// Text that goes into a structure: well-formed UTF-8, of bounded size.
internal static class BoundedText
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">The text is longer than allowed, or has half of a surrogate pair.</exception>
    public static byte[] Encode(string text, int maxBytes, string name)
    {
        ArgumentNullException.ThrowIfNull(text, name);
        byte[] bytes;
        try
        {
            bytes = Utf8.GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException("The text has half of a surrogate pair.", name, e);
        }

        return bytes.Length <= maxBytes
            ? bytes
            : throw new ArgumentException($"The text has at most {maxBytes} bytes of UTF-8, not {bytes.Length}.", name);
    }
}
