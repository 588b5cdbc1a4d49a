using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using ZeroKnowledge.Calls.Grpc;

namespace ZeroKnowledge.Calls.Extensions;

/// <summary>Adds a recorder to a host.</summary>
public static class CallRecorderServices
{
    private const string HealthCheckName = "call recorder";

    /// <summary>Adds a recorder that starts before the host's services, stops after them, and seals and sends what is left within the host's shutdown timeout.
    /// Ask for <see cref="HostedRecorder"/>, or for <see cref="CallRecorder"/> where it is asked for after the start.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The section with the settings, such as <c>configuration.GetSection("CallRecorder")</c>. What is wrong in it keeps the host from
    /// starting, with an <see cref="OptionsValidationException"/> that says what to do.</param>
    public static IServiceCollection AddCallRecorder(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddCallRecorder(settings => configuration.Bind(settings, binder => binder.ErrorOnUnknownConfiguration = true));
    }

    /// <inheritdoc cref="AddCallRecorder(IServiceCollection, IConfiguration)"/>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Fills the settings in.</param>
    public static IServiceCollection AddCallRecorder(this IServiceCollection services, Action<CallRecorderSettings> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<CallRecorderSettings>().Configure(configure).ValidateOnStart();
        services.AddSingleton<IValidateOptions<CallRecorderSettings>, SettingsValidation>();
        services.AddSingleton<HostedRecorder>();
        services.AddHostedService(provider => provider.GetRequiredService<HostedRecorder>());
        // Each time anew: the container must not dispose of what the host stops.
        services.AddTransient(provider => provider.GetRequiredService<HostedRecorder>().Recorder);
        return services;
    }

    /// <summary>Adds a health check of the recorder: unhealthy while it does not run or its spool is full, so that audio is being lost; degraded while an archive
    /// is away or the register cannot be written.</summary>
    /// <param name="builder">The health checks.</param>
    /// <param name="tags">Tags to filter by; default none.</param>
    public static IHealthChecksBuilder AddCallRecorder(this IHealthChecksBuilder builder, params string[] tags)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddCheck<RecorderHealth>(HealthCheckName, tags: tags);
    }
}
