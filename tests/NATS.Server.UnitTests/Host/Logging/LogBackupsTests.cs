using NATS.Server.Host.Logging;
using NATS.Server.Testing;
using Xunit;

namespace NATS.Server.UnitTests.Host.Logging;

public sealed class LogBackupsTests
{
    [Theory]
    [InlineData("n.log.2026.11.21.19.57.05.123456700", true)]
    [InlineData("n.log.2026.11.21.19.57.05.1", true)]
    [InlineData("n.log.2026.11.21.19.57.05", true)]
    [InlineData("n.log", false)]
    [InlineData("n.log.1", false)]
    [InlineData("n.log.2026.13.21.19.57.05.123456700", false)]
    [InlineData("n.log.2026.11.21.19.57.05.1234567890", false)]
    [InlineData("n.log.2026.11.21.19.57.05.12a", false)]
    [InlineData("n.log.2026.11.21.19.57.05x", false)]
    [InlineData("n.log2026.11.21.19.57.05.123456700", false)]
    [InlineData("m.log.2026.11.21.19.57.05.123456700", false)]
    [InlineData("n.log.2026.11.21.19.57.05.123456700.gz", false)]
    public void Only_a_name_with_a_time_is_a_backup(string name, bool expected) => Assert.Equal(expected, LogBackups.IsBackup(name, "n.log"));

    [Fact]
    public void Backups_are_listed_oldest_first()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "n.log", "n.log.2026.11.22.00.00.00.000000001", "n.log.2025.12.31.23.59.59.999999999", "other", "n.log.2026.11.21.00.00.00.5" })
            folder.Write(name, "");
        Assert.Equal(
            ["n.log.2025.12.31.23.59.59.999999999", "n.log.2026.11.21.00.00.00.5", "n.log.2026.11.22.00.00.00.000000001"],
            LogBackups.In(folder.Path, "n.log"));
    }
}
