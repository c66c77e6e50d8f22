using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NATS.Server.Auth;
using NATS.Server.Core.Protocol;
using NATS.Server.Options;
using Xunit;

namespace NATS.Server.UnitTests.Auth;

public sealed class CertificateCheckTests
{
    private static byte[] Certificate(string subject, Action<SubjectAlternativeNameBuilder>? names = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(subject, X500DistinguishedNameFlags.None), key, HashAlgorithmName.SHA256);
        if (names is not null)
        {
            var builder = new SubjectAlternativeNameBuilder();
            names(builder);
            request.CertificateExtensions.Add(builder.Build());
        }

        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(1));
        return certificate.RawData;
    }

    private static ConnectionFacts With(byte[]? certificate, string type = ConnectionTypes.Standard) =>
        new(type, Tls: new ClientTls("1.3", "TLS_AES_128_GCM_SHA256", certificate is null ? [] : [certificate], []));

    private static Authenticator Users(params UserOptions[] users) =>
        new(new ServerOptions { Tls = new TlsOptions { Map = true }, Authorization = new AuthorizationOptions { Users = users } });

    private static UserOptions User(string name, string password = "", params string[] types) =>
        new() { Username = name, Password = password, AllowedConnectionTypes = types };

    private static string Login(Authenticator authenticator, byte[]? certificate, ConnectOptions? options = null)
    {
        AuthResult result = authenticator.Authenticate(options ?? ConnectOptions.Default, With(certificate));
        return result.Accepted ? result.Options.User : "refused";
    }

    [Fact]
    public void E_mail_goes_before_host_before_uri_before_subject()
    {
        byte[] certificate = Certificate("CN=joe", names =>
        {
            names.AddEmailAddress("joe@acme.com");
            names.AddDnsName("joe.acme.com");
            names.AddUri(new Uri("spiffe://acme.com/joe"));
        });

        Assert.Equal("joe@acme.com", Login(Users(User("CN=joe"), User("spiffe://acme.com/joe"), User("joe.acme.com"), User("joe@acme.com")), certificate));
        Assert.Equal("joe.acme.com", Login(Users(User("CN=joe"), User("spiffe://acme.com/joe"), User("joe.acme.com")), certificate));
        Assert.Equal("spiffe://acme.com/joe", Login(Users(User("CN=joe"), User("spiffe://acme.com/joe")), certificate));
        Assert.Equal("CN=joe", Login(Users(User("CN=joe")), certificate));
        Assert.Equal("refused", Login(Users(User("CN=jane")), certificate));
    }

    [Theory]
    [InlineData("CN=joe,OU=sales,O=acme,C=US")]
    [InlineData("C=US,O=acme,OU=sales,CN=joe")]
    [InlineData("O=acme,CN=joe,C=US,OU=sales")]
    [InlineData("cn=joe, ou=sales, o=acme, c=US")]
    public void The_subject_matches_in_any_order(string user) => Assert.Equal(user, Login(Users(User(user)), Certificate("C=US,O=acme,OU=sales,CN=joe")));

    [Fact]
    public void The_exact_order_goes_before_another()
    {
        Assert.Equal("CN=joe,O=acme", Login(Users(User("O=acme,CN=joe"), User("CN=joe,O=acme")), Certificate("O=acme,CN=joe")));
    }

    // 2026-13 (CVE-2026-33248)
    [Fact]
    public void Advisory_2026_13_a_part_that_occurs_twice_stands_for_no_other()
    {
        Assert.Equal("refused", Login(Users(User("CN=joe,OU=a,OU=b")), Certificate("OU=a,OU=a,CN=joe")));
        Assert.Equal("refused", Login(Users(User("CN=joe,OU=a,OU=a")), Certificate("OU=a,OU=b,CN=joe")));
    }

    [Theory]
    [InlineData("CN=joe,OU=sales,DC=acme,DC=com", "DC=com,DC=acme,OU=sales,CN=joe")]
    [InlineData("DC=com,DC=acme,OU=sales,CN=joe", "DC=com,DC=acme,OU=sales,CN=joe")]
    public void Domain_components_are_part_of_the_subject(string user, string subject) => Assert.Equal(user, Login(Users(User(user)), Certificate(subject)));

    [Fact]
    public void Without_a_certificate_nobody_is_let_in()
    {
        Authenticator authenticator = Users(User("CN=joe"), User("u", "p"));

        Assert.Equal("refused", Login(authenticator, null));
        Assert.False(authenticator.Authenticate(ConnectOptions.Default with { User = "u", Password = "p" }, new ConnectionFacts(ConnectionTypes.Standard)).Accepted);
        Assert.False(authenticator.Authenticate(ConnectOptions.Default with { User = "u", Password = "p" }, new ConnectionFacts(ConnectionTypes.InProcess)).Accepted);
    }

    // ccd898ea8: a user without password, known by its certificate, could log in by name over another listener.
    [Fact]
    public void Who_is_known_by_a_certificate_cannot_log_in_by_name_on_another_listener()
    {
        Authenticator authenticator = Users(User("CN=joe"), User("u", "p"), User("mqtt", "", "MQTT"));
        var websocket = new ConnectionFacts(ConnectionTypes.Websocket);

        Assert.False(authenticator.Authenticate(ConnectOptions.Default with { User = "CN=joe" }, websocket).Accepted);
        Assert.True(authenticator.Authenticate(ConnectOptions.Default with { User = "u", Password = "p" }, websocket).Accepted);
        Assert.True(authenticator.Authenticate(ConnectOptions.Default with { User = "mqtt" }, new ConnectionFacts(ConnectionTypes.Mqtt)).Accepted);
    }

    [Fact]
    public void The_user_in_connect_counts_for_nothing_but_a_password_that_the_user_has()
    {
        byte[] certificate = Certificate("CN=joe");

        Assert.Equal("CN=joe", Login(Users(User("CN=joe"), User("u", "p")), certificate, ConnectOptions.Default with { User = "u" }));
        Assert.Equal("refused", Login(Users(User("CN=joe", "secret")), certificate));
        Assert.Equal("CN=joe", Login(Users(User("CN=joe", "secret")), certificate, ConnectOptions.Default with { Password = "secret" }));
        Assert.Equal("refused", Login(Users(User("CN=joe")), certificate, ConnectOptions.Default with { Password = "x" }));
    }

    [Fact]
    public void Users_of_other_connection_types_are_passed_over()
    {
        byte[] certificate = Certificate("CN=joe", static names => names.AddEmailAddress("joe@acme.com"));

        Assert.Equal("CN=joe", Login(Users(User("joe@acme.com", "", "MQTT"), User("CN=joe")), certificate));
    }

    [Fact]
    public void A_certificate_that_is_none_is_refused() => Assert.Equal("refused", Login(Users(User("CN=joe")), [0x30, 0x03, 1, 2, 3]));

    [Fact]
    public void No_warning_is_due_for_users_without_password_who_have_certificates()
    {
        Assert.False(Users(User("CN=joe")).HasPlaintextPasswords);
        Assert.True(Users(User("CN=joe", "p")).HasPlaintextPasswords);
        Assert.True(Users(User("CN=joe", "", "MQTT")).HasPlaintextPasswords);
    }
}
