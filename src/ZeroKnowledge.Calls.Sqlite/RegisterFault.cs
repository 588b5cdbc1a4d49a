using Microsoft.Data.Sqlite;

namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>What SQLite's result codes mean for the owner of a register.</summary>
internal static class RegisterFault
{
    // https://www.sqlite.org/rescode.html
    private const int Permission = 3;
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int TooBig = 18;
    private const int NotADatabase = 26;

    public static RegisterException Of(string path, SqliteException cause) => new(
        cause.SqliteErrorCode switch
        {
            Busy or Locked => $"The register {path} is locked by another program, and was for {SqliteRegister.BusyTimeout.TotalSeconds:0} s. End it, or try again later.",
            Permission or ReadOnly or CannotOpen => $"The register {path} cannot be opened for writing. Check that its folder exists, and that this user may write to the file and to the folder.",
            InputOutput => $"The disk under the register {path} failed ({cause.SqliteExtendedErrorCode}). Nothing of this change was written, as far as the disk can tell.",
            Full => $"The register {path} cannot grow: the disk is full. Nothing of this change was written.",
            NotADatabase => $"{path} is not a register: it is not a SQLite database, or its beginning was overwritten.",
            Corrupt or TooBig => $"The register {path} is damaged ({cause.Message}). Restore it from a copy, and run later erasures again.",
            _ => $"The register {path} cannot be used: {cause.Message}",
        },
        cause);
}
