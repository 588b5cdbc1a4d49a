using System.CommandLine;
using System.Security.Cryptography;
using System.Text;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Where passphrases come from: the terminal, without echo, or the first line of a file. Never an argument, which every user of the machine can read.</summary>
internal static class Passphrase
{
    public static readonly Option<string?> FromFile = new("--passphrase-file")
    {
        Description = "Read the passphrase from the first line of this file, which only you may read; /dev/fd/N for an open file. Default: ask on the terminal.", HelpName = "FILE",
    };

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The passphrase of a file that exists; the caller wipes it.</summary>
    /// <exception cref="UserException">There is no file, and nobody to ask.</exception>
    public static char[] For(string path, Invocation invocation) =>
        invocation.Get(FromFile) is { } file ? ReadFile(file)
        : invocation.Terminal.CanAsk ? invocation.Terminal.AskSecret($"Passphrase of {path}")
        : throw new UserException($"{path} is locked with a passphrase, and there is no terminal to ask for it: give --passphrase-file.");

    /// <summary>A passphrase for new files; the caller wipes it.</summary>
    /// <exception cref="UserException">There is no file and nobody to ask, or what was typed is empty or differs.</exception>
    public static char[] New(Invocation invocation)
    {
        if (invocation.Get(FromFile) is { } file)
        {
            return ReadFile(file);
        }

        if (!invocation.Terminal.CanAsk)
        {
            throw new UserException("There is no terminal to ask for a passphrase: give --passphrase-file, or --no-passphrase for keys that lie open on the disk.");
        }

        char[] first = invocation.Terminal.AskSecret("New passphrase (whoever forgets it has lost the keys)"), again = [];
        bool isGood = false;
        try
        {
            again = invocation.Terminal.AskSecret("The same again");
            isGood = first.Length > 0 && first.AsSpan().SequenceEqual(again);
            return isGood ? first
                : first.Length == 0 ? throw new UserException("The passphrase is empty. For keys that lie open on the disk give --no-passphrase.")
                : throw new UserException("The two passphrases differ. Nothing was made.");
        }
        finally
        {
            SecretLine.Wipe(again);
            SecretLine.Wipe(isGood ? [] : first);
        }
    }

    // Without a reader's buffers, which nobody wipes.
    private static char[] ReadFile(string path)
    {
        using FileStream file = InputFile.OpenSecret("--passphrase-file", path);
        byte[] line = new byte[SecretLine.Limit];
        try
        {
            int length = 0;
            for (int next = file.ReadByte(); next is >= 0 and not '\n'; next = file.ReadByte())
            {
                line[length++] = length < line.Length ? (byte)next : throw new UserException($"A passphrase has at most {line.Length:N0} bytes.");
            }

            return length > 0 ? Decode(path, line.AsSpan(0, length)) : throw new UserException($"--passphrase-file '{path}' begins with an empty line.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(line);
        }
    }

    private static char[] Decode(string path, ReadOnlySpan<byte> line)
    {
        try
        {
            char[] text = new char[Utf8.GetCharCount(line)];
            Utf8.GetChars(line, text);
            return text;
        }
        catch (DecoderFallbackException)
        {
            // Without the cause: it would carry bytes of the passphrase.
            throw new UserException($"--passphrase-file '{path}' is not UTF-8 text.");
        }
    }
}
