using System.Text;
using NATS.Server.Delivery;
using Xunit;

namespace NATS.Server.UnitTests.Delivery;

public sealed class ServiceReplySubjectTests
{
    [Theory]
    [InlineData(0u, 0UL)]
    [InlineData(1u, 61UL)]
    [InlineData(62u, 62UL)]
    [InlineData(ServiceReplySubject.MaxRequesters - 1, ServiceReplySubject.MaxTicket - 1)]
    public void What_is_written_can_be_read(uint requester, ulong ticket)
    {
        byte[] prefix = ServiceReplySubject.NewPrefix();
        Span<byte> subject = stackalloc byte[ServiceReplySubject.MaxLength];
        foreach (byte[] mark in (byte[][])[[], ServiceReplySubject.Mark("name")])
        {
            Span<byte> written = subject[..ServiceReplySubject.Write(prefix, requester, ticket, mark, subject)];
            Assert.Matches("^_R_\\.[0-9A-Za-z]{6}\\.[0-9A-Za-z]{12}(\\.[0-9A-Za-z]{8}\\.T)?$", Encoding.ASCII.GetString(written));
            Assert.True(ServiceReplySubject.TryRead(written, out uint readRequester, out ulong readTicket));
            Assert.Equal((requester, ticket), (readRequester, readTicket));
        }
    }

    [Theory]
    [InlineData("_R_.abcdef.")]
    [InlineData("_R_.abcdef.0001abcd")]
    [InlineData("_R_.abcdef.0001abcdefg-")]
    [InlineData("_R_.abcdef.0001abcdefg*")]
    [InlineData("_R_.abcdef.0001abcdefghi")]
    [InlineData("_R_.abcdef.0001abcdefgh.T")]
    [InlineData("_R_.abcdef.0001abcdefghx12345678.T")]
    public void Other_subjects_are_none(string subject) => Assert.False(ServiceReplySubject.TryRead(Encoding.ASCII.GetBytes(subject), out _, out _));

    // The reference makes the same of the name S.
    [Fact]
    public void The_mark_names_the_server() => Assert.Equal(".HctA3HiR.T", Encoding.ASCII.GetString(ServiceReplySubject.Mark("S")));
}
