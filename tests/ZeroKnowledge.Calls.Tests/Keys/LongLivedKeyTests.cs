namespace ZeroKnowledge.Calls.Tests;

public class LongLivedKeyTests
{
    [Fact]
    public void Parse_OfExported_IsTheSameKey()
    {
        using GatewayKey key = GatewayKey.Generate();
        using GatewayKey again = GatewayKey.Parse(key.ExportSecret());
        Assert.Equal(key.PublicKey, again.PublicKey);
        Assert.Equal(key.PublicKey, VerifyKey.Parse(TrustedKeyKind.Gateway, key.PublicKey.ToString(TrustedKeyKind.Gateway)));
        Assert.Equal("GatewayKey", key.ToString());
    }
}
