using System.Security.Cryptography;

namespace ZeroKnowledge.Calls;

/// <summary>Opens key envelopes, in the order of checks of docs/FORMAT.md, section 9.</summary>
internal static class EnvelopeReader
{
    /// <summary>Opens an envelope with an identity, and gives the keys of its chunks and records. The header's certificate and gateway were checked before.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="header">Of the recording.</param>
    /// <param name="identity">A recipient's, or that of the combiner of shares.</param>
    /// <param name="shares">What members of groups handed over to this identity.</param>
    /// <param name="findings">Takes what was noticed although the envelope opened.</param>
    /// <exception cref="TamperedException">Envelope and header do not belong together, or one was altered.</exception>
    /// <exception cref="NoMatchingKeyException">The identity is none of the recipients', and there are not enough shares.</exception>
    public static RecordingKeys Open(
        KeyEnvelope envelope, RecordingHeader header, Identity identity, IReadOnlyList<KeyShares>? shares = null, ICollection<string>? findings = null)
    {
        using OpenedEnvelope opened = OpenBody(envelope, header, identity, shares, findings);
        return opened.ToKeys();
    }

    /// <summary>Opens an envelope as <see cref="Open"/> does, and gives what the next version is made of.</summary>
    public static OpenedEnvelope OpenBody(
        KeyEnvelope envelope, RecordingHeader header, Identity identity, IReadOnlyList<KeyShares>? shares = null, ICollection<string>? findings = null)
    {
        CoreId id = header.CoreId;
        if (envelope.Suite != header.Suite || envelope.CoreId != id)
        {
            throw new TamperedException(id, null, "the key envelope is that of another recording.");
        }

        Span<byte> envelopeKey = stackalloc byte[Format.KeySize];
        byte[] body = new byte[Math.Max(0, envelope.Body.Length - Format.Overhead(envelope.Suite))];
        try
        {
            EnvelopeUnwrapper.Unwrap(envelope, identity, shares ?? [], envelopeKey, findings);
            if (!Sealing.TryOpen(envelope.Suite, envelopeKey, envelope.Body.Span, body)
                || body.Length < CoreId.Size + 1 || !body.AsSpan(0, CoreId.Size).SequenceEqual(id.Span))
            {
                throw Altered(header, "body");
            }

            return Read(envelope, header, (EnvelopeForm)body[CoreId.Size], body.AsSpan(CoreId.Size + 1));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(envelopeKey);
            CryptographicOperations.ZeroMemory(body);
        }
    }

    private static OpenedEnvelope Read(KeyEnvelope envelope, RecordingHeader header, EnvelopeForm form, ReadOnlySpan<byte> contents)
    {
        Span<byte> control = stackalloc byte[Format.KeySize];
        Span<byte> prk = stackalloc byte[Format.KeySize];
        try
        {
            switch (form)
            {
                case EnvelopeForm.Whole when contents.Length == Format.KeySize:
                    KeySchedule.Extract(contents, prk);
                    KeySchedule.Control(prk, header.Prefix, control);
                    break;
                case EnvelopeForm.PartErased when contents.Length >= OpenedEnvelope.PartHead:
                case EnvelopeForm.AllErased when contents.Length == Format.KeySize:
                    contents[..Format.KeySize].CopyTo(control);
                    break;
                default:
                    throw Altered(header, "body");
            }

            CheckControl(envelope, header, control);
            return form == EnvelopeForm.PartErased && !OpenedEnvelope.IsPart(contents)
                ? throw Altered(header, "list of nodes")
                : new OpenedEnvelope(header, envelope.Version, form, control, contents);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(control);
            CryptographicOperations.ZeroMemory(prk);
        }
    }

    private static void CheckControl(KeyEnvelope envelope, RecordingHeader header, ReadOnlySpan<byte> control)
    {
        Span<byte> expected = stackalloc byte[Format.HashSize];
        KeySchedule.Commitment(control, expected);
        if (!CryptographicOperations.FixedTimeEquals(expected, header.Commitment))
        {
            throw new TamperedException(header.CoreId, null, "the key envelope's key is not the one the header commits to.");
        }

        Span<byte> macKey = stackalloc byte[Format.KeySize];
        KeySchedule.EnvelopeMacKey(control, header.CoreId, macKey);
        HMACSHA256.HashData(macKey, envelope.Authenticated, expected);
        CryptographicOperations.ZeroMemory(macKey);
        if (!CryptographicOperations.FixedTimeEquals(expected, envelope.Mac))
        {
            throw Altered(header, "MAC");
        }
    }

    private static TamperedException Altered(RecordingHeader header, string part) =>
        new(header.CoreId, null, $"the key envelope's {part} was altered.");
}
