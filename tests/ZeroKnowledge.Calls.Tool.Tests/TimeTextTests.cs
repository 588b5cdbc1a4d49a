namespace ZeroKnowledge.Calls.Tool.Tests;

public class TimeTextTests
{
    [Theory]
    [InlineData("90", 90_000)]
    [InlineData("90s", 90_000)]
    [InlineData("0.5s", 500)]
    [InlineData("1:30", 90_000)]
    [InlineData("1:02:03.25", 3_723_250)]
    public void Position_OfAPosition_IsRead(string text, int milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), TimeText.Position("--from", text));

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("1:2:3:4")]
    [InlineData("1:")]
    [InlineData("1,5")]
    [InlineData("1e3")]
    [InlineData("NaN")]
    [InlineData("9999999999")]
    public void Position_OfSomethingElse_IsRefused(string text) => Assert.Throws<UserException>(() => TimeText.Position("--from", text));
}
