namespace ZeroKnowledge.Calls.Faults;

/// <summary>The files of a rotation that is killed.</summary>
internal sealed record RotationFolder(string Path)
{
    public string Register => System.IO.Path.Combine(Path, "register.db");

    public string Trust => System.IO.Path.Combine(Path, "trust.txt");

    public string Active => System.IO.Path.Combine(Path, "active.txt");

    public string NewRecipients => System.IO.Path.Combine(Path, "recipients.txt");
}
