using ZeroKnowledge.Calls.Grpc.Protos;
using ZeroKnowledge.Calls.Grpc.Tests.Audit;

namespace ZeroKnowledge.Calls.Grpc.Tests.Lies;

/// <summary>A customer, a real archive, and the liar before it.</summary>
public abstract class LieFixture : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    protected Customer Customer { get; } = new();

    private protected LyingArchive Liar { get; private set; } = null!;

    private protected LieBook Lies => Liar.Lies;

    public async Task InitializeAsync()
    {
        await Customer.InitializeAsync();
        Liar = await LyingArchive.StartAsync(Customer.Berlin.Client);
    }

    public async Task DisposeAsync()
    {
        await Liar.DisposeAsync();
        await Customer.DisposeAsync();
    }

    private protected Task<Recording> OpenAsync(WrittenCall call, bool withRegister = true) =>
        Liar.Client.OpenAsync(call.Id, Customer.Reader(withRegister)).AsTask();

    /// <summary>What comes out of a recording before an exception, and the exception.</summary>
    private protected async Task<(List<byte[]> Payloads, Exception? Exception)> PlayAsync(WrittenCall call, bool withRegister = true)
    {
        List<byte[]> payloads = [];
        try
        {
            await using Recording recording = await OpenAsync(call, withRegister);
            await foreach (Frame frame in recording.ReadFramesAsync())
            {
                if (frame.Kind == FrameKind.Audio)
                {
                    payloads.Add(frame.Payload.ToArray());
                }
            }
        }
        catch (CallRecordingException e)
        {
            return (payloads, e);
        }

        return (payloads, null);
    }

    /// <summary>Nothing came out but what was written, and the lie is an exception that says what.</summary>
    private protected async Task<TamperedException> NothingUnverifiedAsync(WrittenCall call, int atMost)
    {
        (List<byte[]> payloads, Exception? exception) = await PlayAsync(call);
        Assert.Equal(call.Payloads.Take(payloads.Count), payloads);
        Assert.InRange(payloads.Count, 0, atMost);
        TamperedException tampered = Assert.IsType<TamperedException>(exception);
        Assert.Equal(call.Id, tampered.Recording);
        return tampered;
    }

    private protected async Task<RecordingReport> VerifyAsync(WrittenCall call, bool withRegister = true, bool withKey = true)
    {
        ReaderOptions options = new() { Trust = Customer.Trust, Register = withRegister ? Customer.Register : null, Identity = withKey ? Customer.Identity : null };
        await using Recording recording = await Liar.Client.OpenAsync(call.Id, options);
        return await recording.VerifyAsync();
    }

    private protected Task<AuditReport> AuditAsync(int sample = 0, string? region = null, DeletionQueue? deletions = null, TrustList? trust = null) => Liar.Client.AuditAsync(new AuditOptions
    {
        Trust = trust ?? Customer.Trust, Register = Customer.Register, DecryptSample = sample, Identity = Customer.Identity, Region = region, Deletions = deletions,
    });

    private protected async Task<AuditedRecording> FindingAsync(DeletionQueue? deletions = null) => Assert.Single((await AuditAsync(deletions: deletions)).Findings);

    internal static IEnumerable<T> Endless<T>(Func<int, T> make)
    {
        for (int i = 0; ; i++)
        {
            yield return make(i);
        }
    }
}
