using System.Text;

namespace ZeroKnowledge.Calls.Tests;

public sealed class KeyFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly GatewayKey _key = GatewayKey.Generate();

    private string Secret => _key.ExportSecret();

    public void Dispose()
    {
        _key.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Load_WithCommentsSpacesAndCarriageReturns_FindsTheKey()
    {
        foreach (string text in new[]
                 {
                     Secret, Secret + "\n", Secret + "\r\n", "\n\n" + Secret, "# comment\n\t " + Secret + " \t\r\n\r\n#", "  # indented\r\n \t \n" + Secret,
                     "#\n" + Secret + "\n# ZKC-GATEWAY-KEY-1QQQ\n",
                 })
        {
            using GatewayKey key = GatewayKey.Load(_directory.Write("key", text));
            Assert.Equal(_key.PublicKey, key.PublicKey);
        }
    }

    [Fact]
    public void Load_OfAWrongLine_NamesFileAndLine()
    {
        string path = _directory.Write("key", $"# one\n\n{Secret}x\n");
        string message = Assert.Throws<FormatException>(() => GatewayKey.Load(path)).Message;
        Assert.StartsWith($"{path}, line 3: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret[20..30], message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfTwoKeys_NamesTheSecond()
    {
        string path = _directory.Write("key", $"{Secret}\n#\n{Secret}\n");
        Assert.Contains("line 3", Assert.Throws<FormatException>(() => GatewayKey.Load(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    public void Load_OfNoKey_SaysSo(string text)
    {
        string path = _directory.Write("key", text);
        string message = Assert.Throws<FormatException>(() => GatewayKey.Load(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains("no key", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OfInnerCarriageReturnOrByteOrderMark_IsRefused()
    {
        // A carriage return belongs to a line feed; everything else in a line belongs to the key.
        foreach (string text in new[] { Secret + "\r", Secret + "\r\r\n", Secret + "\r# x\n", "\ufeff" + Secret, Secret + " # comment\n", Secret + "\0\n", Secret + "\u00a0" })
        {
            Assert.Throws<FormatException>(() => GatewayKey.Load(_directory.Write("key", text)));
        }
    }

    [Fact]
    public void Load_OfWhatIsNotUtf8_IsRefused()
    {
        byte[] text = [.. Encoding.ASCII.GetBytes("# caf"), 0xe9, (byte)'\n', .. Encoding.ASCII.GetBytes(Secret)];
        string message = Assert.Throws<FormatException>(() => GatewayKey.Load(_directory.Write("key", text))).Message;
        Assert.Contains("UTF-8", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AtAndAboveTheSizeLimit()
    {
        string end = "\n" + Secret;
        string largest = "#" + new string('x', 1_048_576 - end.Length - 1) + end;
        using (GatewayKey key = GatewayKey.Load(_directory.Write("key", largest)))
        {
            Assert.Equal(_key.PublicKey, key.PublicKey);
        }

        Assert.Contains("1,048,576", Assert.Throws<FormatException>(() => GatewayKey.Load(_directory.Write("key", "#" + largest))).Message, StringComparison.Ordinal);
        Assert.Contains("1,048,576", Assert.Throws<FormatException>(() => TrustList.Parse("#" + new string('x', 1_048_576))).Message, StringComparison.Ordinal);
        Assert.Contains("1,048,576", Assert.Throws<FormatException>(() => TrustList.Parse("#" + new string('ä', 524_288))).Message, StringComparison.Ordinal);
        Assert.Empty(TrustList.Parse("#" + new string('x', 1_048_575)).Keys);
    }

    [Fact]
    public void Load_OfAnEndlessFile_IsBounded()
    {
        if (OperatingSystem.IsLinux())
        {
            Assert.Throws<FormatException>(() => TrustList.Load("/dev/zero"));
        }
    }

    [Fact]
    public void Load_OfNoFile_Throws()
    {
        Assert.Throws<FileNotFoundException>(() => GatewayKey.Load(_directory.File("none")));
        Assert.Throws<ArgumentException>(() => GatewayKey.Load(""));
    }
}
