namespace SecureTransformer.Transport.Tests;

public class NetworkConditionsTests
{
    [Theory]
    [InlineData("lan", 0.5, 5_000_000_000, "1,5000")]
    [InlineData("wan", 20, 200_000_000, "40,200")]
    [InlineData("0,0.001", 0, 1000, "0,0.001")]
    [InlineData("2.5,1000", 1.25, 1_000_000_000, "2.5,1000")]
    public void A_name_or_two_figures(string text, double delay, long bandwidth, string written)
    {
        var network = NetworkConditions.Parse(text);
        Assert.Equal((delay, bandwidth), (network.OneWayDelay.TotalMilliseconds, network.BitsPerSecond));
        Assert.Equal(written, network.ToString());
        var again = NetworkConditions.Parse(network.ToString());
        Assert.Equal((network.OneWayDelay, network.BitsPerSecond), (again.OneWayDelay, again.BitsPerSecond));
        _ = new TransportOptions { Conditions = network };
    }

    [Fact]
    public void Conditions_without_a_bound_are_written_with_the_largest_bandwidth() => Assert.Equal("0,1000000000", new NetworkConditions().ToString());

    [Theory]
    [InlineData("")]
    [InlineData("LAN")]
    [InlineData("1")]
    [InlineData("1,2,3")]
    [InlineData("-1,5")]
    [InlineData("1,0")]
    [InlineData("1,-5")]
    [InlineData("NaN,5")]
    [InlineData("1,NaN")]
    [InlineData("120001,5")]
    [InlineData("1,2e9")]
    [InlineData(" 1,5")]
    public void Anything_else_is_refused(string text) => Assert.Contains($"'{text}'", Assert.Throws<FormatException>(() => NetworkConditions.Parse(text)).Message);
}
