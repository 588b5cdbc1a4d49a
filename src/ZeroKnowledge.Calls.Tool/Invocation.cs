using System.CommandLine;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>One run of a command: what was given, and where the answer goes.</summary>
internal sealed class Invocation(ParseResult parsed, CancellationToken cancellationToken)
{
    public CancellationToken CancellationToken { get; } = cancellationToken;

    public Terminal Terminal { get; } = new(parsed.GetValue(Verb.Json));

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;
}
