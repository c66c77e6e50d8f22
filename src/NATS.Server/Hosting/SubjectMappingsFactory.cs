using NATS.Server.Core.Subjects;
using NATS.Server.Options;

namespace NATS.Server.Hosting;

internal static class SubjectMappingsFactory
{
    public static SubjectMappings? Create(ServerOptions options) => null;
}
