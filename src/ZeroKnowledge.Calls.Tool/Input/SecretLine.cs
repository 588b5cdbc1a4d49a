using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Characters of a secret while they are typed or read; wiped on disposal. Never grows, so that no copy is left behind.</summary>
internal sealed class SecretLine : IDisposable
{
    /// <summary>As many characters as a passphrase may have bytes.</summary>
    public const int Limit = 1_024;

    private readonly char[] _text = new char[Limit];
    private int _length;

    /// <exception cref="UserException">It is too long.</exception>
    public void Add(char c)
    {
        if (_length == Limit)
        {
            throw new UserException($"A passphrase has at most {Limit:N0} characters.");
        }

        _text[_length++] = c;
    }

    public void RemoveLast()
    {
        if (_length > 0)
        {
            _text[--_length] = '\0';
        }
    }

    public char[] ToArray() => _text[.._length];

    public static void Wipe(char[] text) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(text.AsSpan()));

    public void Dispose() => Wipe(_text);
}
