namespace ZeroKnowledge.Calls;

/// <summary>Who speaks on a leg. Encrypted in the opening record; immutable.</summary>
/// <param name="Leg">The number of the leg, from 0.</param>
/// <param name="Name">A name, or empty.</param>
/// <param name="Address">A telephone number or SIP address, or empty.</param>
public sealed record Party(int Leg, string Name = "", string Address = "");
