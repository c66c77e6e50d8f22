#pragma warning disable CA1822 // placeholder
using NATS.Server.Core.Protocol;
namespace NATS.Server.Auth;
internal sealed class PermissionSet
{
    public bool HasDeliverDenies => false;
    public bool RestrictsPublish => false;
    public bool MayPublish(ReadOnlySpan<byte> subject) => true;
    public bool MaySubscribe(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) => true;
    public bool MayDeliver(ReadOnlySpan<byte> subject, ReadOnlySpan<byte> queue) => true;
    public ResponsePermissions? CreateResponses(TimeProvider time) => null;
}
internal sealed class ResponsePermissions
{
    public void Grant(ReadOnlySpan<byte> reply) { }
    public bool Use(ReadOnlySpan<byte> subject) => false;
}
internal sealed record AuthResult(bool Accepted, string User, PermissionSet? Permissions);
internal sealed class Authenticator
{
    public bool IsRequired => false;
    public bool HasNoAuthUser => false;
    public bool RequiresSlowCheck(ConnectOptions options) => false;
    public AuthResult Authenticate(ConnectOptions options, bool inProcess) => new(true, "", null);
    public AuthResult AuthenticateNoAuthUser(bool inProcess) => new(true, "", null);
}
