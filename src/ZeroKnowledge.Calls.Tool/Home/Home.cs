using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>The folder with the user's files under their usual names.</summary>
/// <param name="folder">The folder.</param>
internal sealed class Home(string folder)
{
    public static readonly Option<string> Folder = new("--home")
    {
        Description = "The folder with your files: identity.txt, recipients.txt, trust.txt, register.db. Default: the current one.", HelpName = "DIR", DefaultValueFactory = _ => ".",
    };

    public string Identity => In("identity.txt");

    public string Recovery => In("recovery.txt");

    public string Owner => In("owner.key");

    public string Gateway => In("gateway.key");

    public string Recipients => In("recipients.txt");

    public string Trust => In("trust.txt");

    public string Register => In("register.db");

    public string Erasures => In("erasures.txt");

    public string Deletions => In("deletions");

    public string Spool => In("spool");

    /// <summary>One line: the archive's address.</summary>
    public string Archive => In("archive.txt");

    public string Member(int number) => In($"member-{number}.txt");

    // Plain names in messages and on the screen, where the home is the current folder.
    private string In(string name) => folder == "." ? name : Path.Combine(folder, name);
}
