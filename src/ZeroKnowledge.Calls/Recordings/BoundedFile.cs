namespace ZeroKnowledge.Calls;

/// <summary>Reads whole files whose size has a limit, before memory is taken for them.</summary>
internal static class BoundedFile
{
    /// <exception cref="FormatException">The file is larger than <paramref name="limit"/> bytes, or grows while it is read.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static byte[] Read(string path, int limit)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long size = file.Length;
        if (size <= limit)
        {
            byte[] bytes = new byte[(int)size];
            if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length && file.ReadByte() < 0)
            {
                return bytes;
            }
        }

        throw new FormatException($"{path}: It has {size:N0} bytes, where {limit:N0} are the limit, or it changes while it is read.");
    }
}
