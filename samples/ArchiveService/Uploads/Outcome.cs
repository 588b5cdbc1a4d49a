using ZeroKnowledge.Calls.Grpc.Protos;

namespace ArchiveService.Uploads;

/// <summary>What became of one record.</summary>
/// <param name="Status">The contract's status.</param>
/// <param name="Message">For people, with a refusal.</param>
/// <param name="Deletion">With Deleted: the certificate that proves it.</param>
internal readonly record struct Outcome(Status Status, string Message = "", byte[]? Deletion = null)
{
    public static Outcome Durable => new(Status.Durable);

    public static Outcome Unknown => new(Status.Unknown, "There is no such recording here: begin first.");

    public static Outcome Deleted => new(Status.Deleted, "The recording was deleted: drop what is left of it.");

    public static Outcome Forked => new(
        Status.Forked, "Conflicting statements of one signing key are stored: two writer lives. The recording has ended.");

    public static Outcome Full => new(Status.Limit, "The archive's disk is almost full: keep it and try later.");

    public static Outcome Broken => new(Status.Limit, "The archive cannot store this at present: keep it and try later.");

    public static Outcome TooManyRecordings(long limit) =>
        new(Status.LimitRecordings, $"The tenant may have {limit} recordings here: keep it, and delete some or have the limit raised.");

    public static Outcome TooManyBytes(long limit) =>
        new(Status.LimitBytes, $"The tenant may have {limit} bytes here: keep it, and delete recordings or have the limit raised.");

    public static Outcome TooFast(int limit) => new(Status.LimitRate, $"The tenant may send {limit} bytes a second: keep it and try again in a moment.");

    public static Outcome TooLong(int limit) => new(Status.LimitMessage, $"The tenant's messages have at most {limit} bytes: send smaller ones.");

    /// <summary>An owner named more than may be named. Owners get it as RESOURCE_EXHAUSTED.</summary>
    public static Outcome Exhausted(string message) => new(Status.LimitRecordings, message);

    public static Outcome Invalid(string message) => new(Status.Invalid, message);

    public static Outcome Different(string message) => new(Status.Different, message);

    public static Outcome OutOfOrder(string message) => new(Status.OutOfOrder, message);
}
