using NATS.Server.Core.JetStream.Api;
using Xunit;

namespace NATS.Server.UnitTests.JetStream.Api;

/// <summary>What the subjects of the JetStream API say.</summary>
public sealed class ApiSubjectTests
{
    [Theory]
    [InlineData("INFO", ApiEndpoint.AccountInfo, "", "", "")]
    [InlineData("STREAM.NAMES", ApiEndpoint.StreamNames, "", "", "")]
    [InlineData("STREAM.LIST", ApiEndpoint.StreamList, "", "", "")]
    [InlineData("STREAM.INFO.S", ApiEndpoint.StreamInfo, "S", "", "")]
    [InlineData("STREAM.MSG.GET.S", ApiEndpoint.MessageGet, "S", "", "")]
    [InlineData("STREAM.MSG.DELETE.S", ApiEndpoint.MessageDelete, "S", "", "")]
    [InlineData("STREAM.LEADER.STEPDOWN.S", ApiEndpoint.StreamLeaderStepDown, "S", "", "")]
    [InlineData("STREAM.PEER.REMOVE.S", ApiEndpoint.StreamPeerRemove, "S", "", "")]
    [InlineData("STREAM.CANCEL_MOVE.S", ApiEndpoint.StreamCancelMove, "S", "", "")]
    [InlineData("CONSUMER.CREATE.S", ApiEndpoint.ConsumerCreate, "S", "", "")]
    [InlineData("CONSUMER.CREATE.S.C", ApiEndpoint.ConsumerCreate, "S", "C", "")]
    [InlineData("CONSUMER.CREATE.S.C.a.*.>", ApiEndpoint.ConsumerCreate, "S", "C", "a.*.>")]
    [InlineData("CONSUMER.DURABLE.CREATE.S.C", ApiEndpoint.ConsumerCreate, "S", "C", "")]
    [InlineData("CONSUMER.INFO.S.C", ApiEndpoint.ConsumerInfo, "S", "C", "")]
    [InlineData("CONSUMER.MSG.NEXT.S.C", ApiEndpoint.ConsumerNext, "S", "C", "")]
    [InlineData("CONSUMER.LEADER.STEPDOWN.S.C", ApiEndpoint.ConsumerLeaderStepDown, "S", "C", "")]
    [InlineData("DIRECT.GET.S", ApiEndpoint.DirectGet, "S", "", "")]
    [InlineData("DIRECT.GET.S.a.b", ApiEndpoint.DirectGetLast, "S", "", "a.b")]
    [InlineData("META.LEADER.STEPDOWN", ApiEndpoint.MetaLeaderStepDown, "", "", "")]
    public void A_subject_names_its_endpoint(string subject, ApiEndpoint endpoint, string stream, string consumer, string tail)
    {
        Assert.True(ApiSubject.TryParse("$JS.API." + subject, out ApiSubject read));
        Assert.Equal((endpoint, stream, consumer, tail), (read.Endpoint, read.Stream, read.Consumer, read.Tail));
    }

    [Fact]
    public void An_account_stands_before_its_stream()
    {
        Assert.True(ApiSubject.TryParse("$JS.API.ACCOUNT.STREAM.MOVE.A.S", out ApiSubject read));
        Assert.Equal((ApiEndpoint.AccountStreamMove, "A", "S"), (read.Endpoint, read.Account, read.Stream));
        Assert.True(ApiSubject.TryParse("$JS.API.ACCOUNT.PURGE.A", out read));
        Assert.Equal((ApiEndpoint.AccountPurge, "A"), (read.Endpoint, read.Account));
    }

    [Theory]
    [InlineData("$JS.API")]
    [InlineData("$JS.API.")]
    [InlineData("$JS.API.FOO")]
    [InlineData("$JS.API.INFO.S")]
    [InlineData("$JS.API.STREAM.INFO")]
    [InlineData("$JS.API.STREAM.INFO.S.S")]
    [InlineData("$JS.API.STREAM.INFO.")]
    [InlineData("$JS.API.CONSUMER.CREATE")]
    [InlineData("$JS.API.CONSUMER.DURABLE.CREATE.S")]
    [InlineData("$JS.API.CONSUMER.DURABLE.CREATE.S.C.D")]
    [InlineData("$JS.API.DIRECT.GET")]
    [InlineData("$JS.API.STREAM.TEMPLATE.CREATE.T")]
    [InlineData("$JS.API.stream.names")]
    [InlineData("$JS.hub.API.INFO")]
    public void Other_subjects_are_none_of_the_api(string subject) => Assert.False(ApiSubject.TryParse(subject, out _));
}
