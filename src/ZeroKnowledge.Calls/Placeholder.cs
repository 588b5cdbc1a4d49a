using Google.Protobuf;

namespace ZeroKnowledge.Calls;

// Stands here until the first type of the core does.
internal static class Placeholder
{
    internal static byte[] Message() => new Protos.Placeholder { Version = 1 }.ToByteArray();
}
