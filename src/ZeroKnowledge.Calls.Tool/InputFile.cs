using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>Files that the user names.</summary>
internal static class InputFile
{
    /// <exception cref="UserException">The file cannot be read, or is not what the option is for.</exception>
    public static T Read<T>(string option, string path, Func<string, T> read)
    {
        try
        {
            return File.Exists(path) ? read(path) : throw new UserException($"{option} '{path}' is not there.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or CryptographicException or CallRecordingException)
        {
            throw new UserException($"{option} '{path}' cannot be used: {e.Message}", e);
        }
    }
}
