using Prometheus;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Extensions;

namespace RtpTap;

/// <summary>The program: a recorder, the tap, and the control endpoint.</summary>
public static class TapHost
{
    /// <summary>Builds it; the settings are those of docs/C-LIBRARY.md under <c>CallRecorder</c>, and of <c>RtpTap</c>.</summary>
    public static WebApplication Build(params string[] args)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
        builder.Services.AddCallRecorder(builder.Configuration.GetSection(CallRecorderSettings.SectionName));
        builder.Services.AddHealthChecks().AddCallRecorder();
        builder.Services.AddOptions<TapOptions>().BindConfiguration(TapOptions.SectionName).ValidateOnStart()
            .Validate(options => options.IsValid, "RtpTap: Address is an IP address; MinPort is even and from 1,024, MaxPort at least 3 above it; Linger is 0 to 10 s.");
        builder.Services.AddSingleton<Tap>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Tap>());
        WebApplication app = builder.Build();
        app.MapHealthChecks("/health");
        app.MapMetrics();
        app.MapPost("/calls", Begin);
        app.MapGet("/calls/{id}", (string id, Tap tap) => tap.Find(id) is { } call ? Results.Ok(call.Describe()) : Results.NotFound());
        app.MapDelete("/calls/{id}", async (string id, Tap tap) => await tap.EndAsync(id) ? Results.NoContent() : Results.NotFound());
        app.MapPut("/calls/{id}/mask", (string id, Tap tap) => Mask(tap.Find(id), begin: true));
        app.MapDelete("/calls/{id}/mask", (string id, Tap tap) => Mask(tap.Find(id), begin: false));
        return app;
    }

    private static IResult Begin(CallRequest request, Tap tap)
    {
        try
        {
            return Results.Ok(tap.Begin(request).Describe());
        }
        catch (ArgumentException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (AdmissionException e)
        {
            return Results.Problem(e.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    private static IResult Mask(TappedCall? call, bool begin)
    {
        if (call is null)
        {
            return Results.NotFound();
        }

        if (begin)
        {
            call.Call.BeginMask(GapReason.Masked);
        }
        else
        {
            call.Call.EndMask();
        }

        return Results.NoContent();
    }
}
