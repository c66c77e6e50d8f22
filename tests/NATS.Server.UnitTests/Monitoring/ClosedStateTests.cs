using NATS.Server.Connections;
using Xunit;

namespace NATS.Server.UnitTests.Monitoring;

public sealed class ClosedStateTests
{
    [Fact]
    public void Every_close_reason_has_the_text_operators_know_in_the_order_of_the_reference()
    {
        string[] expected =
        [
            "Client Closed", "Authentication Timeout", "Authentication Failure", "TLS Handshake Failure", "Slow Consumer (Pending Bytes)",
            "Slow Consumer (Write Deadline)", "Write Error", "Read Error", "Parse Error", "Stale Connection", "Protocol Violation",
            "Bad Client Protocol Version", "Incorrect Port", "Maximum Account Connections Exceeded", "Maximum Connections Exceeded",
            "Maximum Message Payload Exceeded", "Maximum Control Line Exceeded", "Maximum Subscriptions Exceeded", "Duplicate Route",
            "Route Removed", "Server Shutdown", "Authentication Expired", "Wrong Gateway", "Missing Account", "Credentials Revoked",
            "Internal Client", "Message Header Violation", "No Responders Requires Headers", "Cluster Name Conflict",
            "Duplicate Remote LeafNode Connection", "Duplicate Client ID", "Duplicate Server Name", "Minimum Version Required",
            "Cluster Names Identical", "Kicked", "Proxy Not Trusted", "Proxy Required",
        ];

        Assert.Equal(expected, Enumerable.Range(1, 37).Select(number => ((ClosedState)number).ToReason()));
        Assert.Equal(38, Enum.GetValues<ClosedState>().Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(38)]
    [InlineData(255)]
    public void An_unknown_state_says_so(int number) => Assert.Equal("Unknown State", ((ClosedState)number).ToReason());
}
