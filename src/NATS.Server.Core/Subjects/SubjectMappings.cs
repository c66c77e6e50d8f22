namespace NATS.Server.Core.Subjects;
public sealed class SubjectMappings { }
