namespace ZeroKnowledge.Calls.Tests;

public class SecretBytesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    [InlineData(4_096)]
    [InlineData(4_097)]
    public void Span_OfNew_IsZerosOfThatLength(int length)
    {
        using SecretBytes secret = new(length);
        Assert.Equal(length, secret.Length);
        Assert.Equal(length, secret.Span.Length);
        Assert.True(secret.Span.IndexOfAnyExcept((byte)0) < 0);
    }

    [Fact]
    public void Span_AfterDisposal_Throws()
    {
        SecretBytes secret = new("secret"u8);
        Assert.True(secret.Span.SequenceEqual("secret"u8));
        secret.Dispose();
        secret.Dispose();
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
    }

    [SkippableFact]
    public void Constructor_OnLinux_LocksThePagesAndKeepsThemOutOfCoreDumps()
    {
        Engines.Require(OperatingSystem.IsLinux(), "What the system made of the pages is read from /proc.");
        using SecretBytes secret = new(32);
        Skip.IfNot(secret.IsLocked, "The system locks no more memory for this user.");
        string flags = FlagsOf(secret);
        Assert.Contains(" lo", flags, StringComparison.Ordinal);
        Assert.Contains(" dd", flags, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_OfASecret_IsTheTypesName()
    {
        using SecretBytes secret = new("secret"u8);
        Assert.Equal("SecretBytes", secret.ToString());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Constructor_OfNoBytes_Throws(int length) => Assert.Throws<ArgumentOutOfRangeException>(nameof(length), () => new SecretBytes(length));

    private static unsafe string FlagsOf(SecretBytes secret)
    {
        fixed (byte* pointer = secret.Span)
        {
            ulong address = (ulong)pointer;
            bool within = false;
            foreach (string line in File.ReadLines("/proc/self/smaps"))
            {
                string[] range = line.Split(' ', 2)[0].Split('-');
                if (range.Length == 2 && ulong.TryParse(range[0], System.Globalization.NumberStyles.HexNumber, null, out ulong first))
                {
                    within = address >= first && address < ulong.Parse(range[1], System.Globalization.NumberStyles.HexNumber, null);
                }
                else if (within && line.StartsWith("VmFlags:", StringComparison.Ordinal))
                {
                    return line;
                }
            }
        }

        return string.Empty;
    }
}
