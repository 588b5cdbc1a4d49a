namespace ZeroKnowledge.Calls;

/// <summary>Where a call goes on in another recording. Immutable.</summary>
/// <param name="Earlier">The recording that ends.</param>
/// <param name="Later">The recording that continues it.</param>
/// <param name="EarlierGateway">Who signed the earlier one.</param>
/// <param name="LaterGateway">Who signed the later one: the same gateway, or another one that is trusted.</param>
/// <param name="Begun">When the later one began, by its gateway's clock.</param>
public sealed record Seam(CoreId Earlier, CoreId Later, VerifyKey EarlierGateway, VerifyKey LaterGateway, DateTimeOffset Begun);
