using Microsoft.Extensions.Options;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>Says at the start what is missing in the settings.</summary>
internal sealed class SettingsValidation : IValidateOptions<CallRecorderSettings>
{
    public ValidateOptionsResult Validate(string? name, CallRecorderSettings options)
    {
        IReadOnlyList<string> problems = options.FindProblems();
        return problems.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(problems.Select(problem => $"{CallRecorderSettings.SectionName}: {problem}"));
    }
}
