namespace ZeroKnowledge.Calls.Tool;

internal enum Severity
{
    /// <summary>Not an outcome.</summary>
    None = 0,
    Ok,
    NotChecked,
    Warning,
    Fault,
}

/// <summary>What one check of the doctor found.</summary>
/// <param name="Check">What was looked at.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What was found, and what to do.</param>
internal sealed record Diagnosis(string Check, Severity Severity, string Message)
{
    public static Diagnosis Ok(string check, string message) => new(check, Severity.Ok, message);

    public static Diagnosis NotChecked(string check, string message) => new(check, Severity.NotChecked, message);

    public static Diagnosis Warning(string check, string message) => new(check, Severity.Warning, message);

    public static Diagnosis Fault(string check, string message) => new(check, Severity.Fault, message);
}
