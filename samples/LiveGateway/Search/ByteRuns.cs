namespace LiveGateway.Search;

/// <summary>How far two runs of bytes are the same.</summary>
internal static class ByteRuns
{
    /// <summary>From their ends backwards.</summary>
    public static int CommonSuffixLength(this ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        int length = 0, most = Math.Min(a.Length, b.Length);
        while (length < most && a[^(length + 1)] == b[^(length + 1)])
        {
            length++;
        }

        return length;
    }
}
