namespace ZeroKnowledge.Calls.Tests;

public class CoreIdTests
{
    [Fact]
    public void Parse_OfToString_IsTheSame()
    {
        var id = CoreId.Of("header"u8);
        Assert.Equal(id, CoreId.Parse(id.ToString()));
        Assert.False(id.IsZero);
        Assert.True(default(CoreId).IsZero);
    }
}
