using System.CommandLine;
using System.Text;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Where passphrases come from: the terminal, without echo, or the first line of a file. Never an argument, which every user of the machine can read.</summary>
internal static class Passphrase
{
    public static readonly Option<string?> FromFile = new("--passphrase-file")
    {
        Description = "Read the passphrase from the first line of this file, which only you may read; /dev/fd/N for an open file. Default: ask on the terminal.", HelpName = "FILE",
    };

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

        char[] first = invocation.Terminal.AskSecret("New passphrase (whoever forgets it has lost the keys)");
        char[] again = invocation.Terminal.AskSecret("The same again");
        try
        {
            return first.Length == 0 ? throw new UserException("The passphrase is empty. For keys that lie open on the disk give --no-passphrase.")
                : first.AsSpan().SequenceEqual(again) ? first
                : throw new UserException("The two passphrases differ. Nothing was made.");
        }
        finally
        {
            SecretLine.Wipe(again);
        }
    }

    private static char[] ReadFile(string path)
    {
        using FileStream file = InputFile.OpenSecret("--passphrase-file", path);
        using StreamReader reader = new(file, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, bufferSize: 1_024);
        using SecretLine line = new();
        try
        {
            for (int c = reader.Read(); c >= 0 && c != '\n'; c = reader.Read())
            {
                line.Add((char)c);
            }
        }
        catch (DecoderFallbackException e)
        {
            throw new UserException($"--passphrase-file '{path}' is not UTF-8 text.", e);
        }

        char[] text = line.ToArray();
        return text.Length > 0 ? text : throw new UserException($"--passphrase-file '{path}' begins with an empty line.");
    }
}
