namespace ZeroKnowledge.Calls.Tool;

/// <summary>The list of recipients with one key in the place of another; its comments and groups stay.</summary>
internal sealed class RecipientsFile
{
    private readonly string _path;
    private readonly string _text;

    private RecipientsFile(string path, string text) => (_path, _text) = (path, text);

    /// <exception cref="UserException">The old key is not on the list.</exception>
    public static RecipientsFile Replacing(string path, Recipient old, Recipient with) => InputFile.Read("The list of recipients", path, name =>
    {
        string text = File.ReadAllText(name);
        string replaced = text.Replace(old.ToString(), with.ToString(), StringComparison.Ordinal);
        if (replaced == text)
        {
            throw new UserException($"The key to replace is not in {name}.");
        }

        Recipients.Parse(replaced);
        return new RecipientsFile(name, replaced);
    });

    /// <summary>Replaces the file at once: a reader sees the old list, or the new one.</summary>
    public void Write()
    {
        string temporary = _path + ".new";
        using (StreamWriter writer = new(temporary, append: false))
        {
            writer.Write(_text);
            writer.Flush();
            ((FileStream)writer.BaseStream).Flush(flushToDisk: true);
        }

        File.Move(temporary, _path, overwrite: true);
    }
}
