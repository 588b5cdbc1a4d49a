using ZeroKnowledge.Calls;

namespace LiveGateway.Attacks;

/// <summary>What the reader said to an attack.</summary>
/// <param name="Attack">The attack.</param>
/// <param name="Call">The call that was attacked.</param>
/// <param name="IsDetected">It said what docs/FORMAT.md asks for, and released nothing that was not written.</param>
/// <param name="State">The state.</param>
/// <param name="Where">The chunks, or the part, that it names.</param>
/// <param name="Finding">The sentence that tells the most.</param>
internal sealed record AttackOutcome(Attack Attack, string Call, bool IsDetected, RecordingState State, string Where, string Finding);
