using NATS.Server.Core.Config;
using Xunit;

namespace NATS.Server.UnitTests.Config;

public sealed class GoFormatNumberTests
{
    [Theory]
    [InlineData(0.0, "0", "0")]
    [InlineData(2.0, "2", "2")]
    [InlineData(0.5, "0.5", "0.5")]
    [InlineData(-1.25, "-1.25", "-1.25")]
    [InlineData(61.25, "61.25", "61.25")]
    [InlineData(100.0, "100", "100")]
    [InlineData(0.0001, "0.0001", "0.0001")]
    [InlineData(0.00001, "1e-05", "0.00001")]
    [InlineData(0.0000001, "1e-07", "1e-7")]
    [InlineData(123456.5, "123456.5", "123456.5")]
    [InlineData(1e6, "1e+06", "1000000")]
    [InlineData(1e20, "1e+20", "100000000000000000000")]
    [InlineData(1e21, "1e+21", "1e+21")]
    [InlineData(1.5e300, "1.5e+300", "1.5e+300")]
    [InlineData(0.1, "0.1", "0.1")]
    [InlineData(123456789.125, "1.23456789125e+08", "123456789.125")]
    public void Formats_numbers_as_Go_and_its_JSON_do(double value, string plain, string json)
    {
        Assert.Equal(plain, GoFormat.Number(value));
        Assert.Equal(json, GoFormat.JsonNumber(value));
    }
}
