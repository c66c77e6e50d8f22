using System.Security.Cryptography.X509Certificates;
using NATS.Server.Connections.Tls;
using Xunit;

namespace NATS.Server.UnitTests.Tls;

public sealed class DistinguishedNameTests
{
    [Theory]
    [InlineData("O=Synadia, CN=client.example", "CN=client.example,O=Synadia")]
    [InlineData("CN=client.example, O=Synadia", "CN=client.example,O=Synadia")]
    [InlineData("CN=a, OU=b, OU=c, O=d, L=e, S=f, C=DE, SERIALNUMBER=5", "SERIALNUMBER=5,CN=a,ST=f,L=e,OU=c+OU=b,O=d,C=DE")]
    [InlineData("CN=\"a,b+c\\\"", "CN=a\\,b\\+c\\\\")]
    [InlineData("CN=\"#a;b<c>\"", "CN=\\#a\\;b\\<c\\>")]
    public void Names_are_shown_in_one_order(string name, string expected) => Assert.Equal(expected, DistinguishedName.Format(new X500DistinguishedName(name)));
}
