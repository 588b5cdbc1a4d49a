using System.Buffers.Binary;
using System.Security.Cryptography;
using ZeroKnowledge.Calls.Interop;

namespace ZeroKnowledge.Calls;

/// <summary>Writes key envelopes: a new envelope key for each version, wrapped to every recipient.</summary>
internal static class EnvelopeWriter
{
    /// <summary>The first envelope of a recording.</summary>
    public static byte[] WriteWhole(Suite suite, CoreId coreId, ReadOnlySpan<byte> secret, ReadOnlySpan<byte> control, Recipients recipients) =>
        Write(suite, 1, coreId, EnvelopeForm.Whole, secret, control, recipients);

    /// <param name="suite">The header's.</param>
    /// <param name="version">From 1.</param>
    /// <param name="coreId">The recording.</param>
    /// <param name="form">The body's form.</param>
    /// <param name="contents">The body's bytes after the form.</param>
    /// <param name="control">For the MAC.</param>
    /// <param name="recipients">Whom it is wrapped to.</param>
    public static byte[] Write(
        Suite suite, uint version, CoreId coreId, EnvelopeForm form, ReadOnlySpan<byte> contents, ReadOnlySpan<byte> control, Recipients recipients)
    {
        int bodySize = Format.Overhead(suite) + CoreId.Size + 1 + contents.Length;
        byte[] envelope = new byte[8 + 2 + 4 + CoreId.Size + 2 + recipients.StanzaSize + 4 + bodySize + 32];
        Span<byte> rest = envelope;
        KeyEnvelope.Magic.CopyTo(rest);
        BinaryPrimitives.WriteUInt16BigEndian(rest[8..], (ushort)suite);
        BinaryPrimitives.WriteUInt32BigEndian(rest[10..], version);
        coreId.CopyTo(rest[14..]);
        BinaryPrimitives.WriteUInt16BigEndian(rest[46..], (ushort)recipients.StanzaCount);
        rest = rest[48..];

        Span<byte> info = stackalloc byte[EnvelopeInfo.Size];
        EnvelopeInfo.Write(info, coreId);
        Span<byte> envelopeKey = stackalloc byte[Format.KeySize];
        Span<byte> macKey = stackalloc byte[Format.KeySize];
        SystemRandom.Fill(envelopeKey);
        try
        {
            foreach (Recipient recipient in recipients)
            {
                rest = rest[StanzaList.WriteSingle(rest, recipient, info, envelopeKey)..];
            }

            for (int group = 0; group < recipients.Groups.Count; group++)
            {
                rest = rest[StanzaList.WriteGroup(rest, recipients.Groups[group], group, coreId, version, envelopeKey)..];
            }

            BinaryPrimitives.WriteUInt32BigEndian(rest, (uint)bodySize);
            Span<byte> body = rest.Slice(4, bodySize);
            Span<byte> message = body[Sealing.MessageOffset(suite)..];
            coreId.CopyTo(message);
            message[CoreId.Size] = (byte)form;
            contents.CopyTo(message[(CoreId.Size + 1)..]);
            Sealing.SealInPlace(suite, envelopeKey, body);

            KeySchedule.EnvelopeMacKey(control, coreId, macKey);
            HMACSHA256.HashData(macKey, envelope.AsSpan(..^32), envelope.AsSpan(^32..));
            return envelope;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(envelopeKey);
            CryptographicOperations.ZeroMemory(macKey);
        }
    }
}
