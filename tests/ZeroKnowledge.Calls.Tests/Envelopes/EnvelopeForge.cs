using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ZeroKnowledge.Calls.Tests;

/// <summary>Makes envelopes as a key holder could, every part of them at will.</summary>
internal sealed class EnvelopeForge
{
    private readonly TestRecording _recording;

    public EnvelopeForge(TestRecording recording)
    {
        _recording = recording;
        Suite = recording.ParsedHeader.Suite;
        CoreId = BodyCoreId = recording.CoreId;
        Recipients = [recording.Keys.Active.Recipient, recording.Keys.Recovery.Recipient];

        byte[] info = new byte[EnvelopeInfo.Size], envelopeKey = new byte[32], body = new byte[CoreId.Size + 1 + 32];
        EnvelopeInfo.Write(info, recording.CoreId);
        Assert.True(recording.Keys.Active.TryUnwrap(info, recording.Envelope.Stanzas[0].Body.Span, envelopeKey));
        Assert.True(Sealing.TryOpen(Suite, envelopeKey, recording.Envelope.Body.Span, body));
        Secret = body[(CoreId.Size + 1)..];
        byte[] prk = new byte[32];
        KeySchedule.Extract(Secret, prk);
        Control = new byte[32];
        KeySchedule.Control(prk, recording.ParsedHeader.Prefix, Control);
        MacControl = Control;
        Contents = Secret;
    }

    public byte[] Secret { get; }

    public byte[] Control { get; }

    public Suite Suite { get; set; }

    public uint Version { get; set; } = 2;

    public CoreId CoreId { get; set; }

    public CoreId BodyCoreId { get; set; }

    public byte Form { get; set; } = 1;

    public byte[] Contents { get; set; }

    public byte[] MacControl { get; set; }

    public Recipient[] Recipients { get; set; }

    /// <summary>What an envelope after an erasure holds: the keys of these nodes.</summary>
    public byte[] Part(params KeyNode[] nodes)
    {
        using RecordingKeys keys = _recording.OpenKeys();
        List<byte> contents = [.. Control, .. keys.OpeningKey, .. keys.ClosingKey, (byte)(nodes.Length >> 8), (byte)(nodes.Length & 255)];
        foreach (KeyNode node in nodes)
        {
            byte[] bytes = new byte[37];
            bytes[0] = (byte)node.Level;
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), node.Index);
            _ = keys.TryNodeKey(node, bytes.AsSpan(5));
            contents.AddRange(bytes);
        }

        return [.. contents];
    }

    public byte[] Bytes()
    {
        byte[] info = new byte[EnvelopeInfo.Size], envelopeKey = RandomNumberGenerator.GetBytes(32), macKey = new byte[32];
        EnvelopeInfo.Write(info, CoreId);
        List<byte> envelope = [.. "ZKCENV1\0"u8, 0, (byte)Suite, .. new byte[4], .. CoreId.ToArray(), 0, (byte)Recipients.Length];
        byte[] version = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(version, Version);
        version.CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(envelope)[10..]);
        foreach (Recipient recipient in Recipients)
        {
            byte[] stanza = new byte[Stanza.SizeFor(recipient)];
            StanzaList.WriteSingle(stanza, recipient, info, envelopeKey);
            envelope.AddRange(stanza);
        }

        byte[] body = Sealing.Seal(Suite, envelopeKey, [.. BodyCoreId.ToArray(), Form, .. Contents]);
        envelope.AddRange([(byte)(body.Length >> 24), (byte)(body.Length >> 16 & 255), (byte)(body.Length >> 8 & 255), (byte)(body.Length & 255), .. body]);
        KeySchedule.EnvelopeMacKey(MacControl, CoreId, macKey);
        return [.. envelope, .. HMACSHA256.HashData(macKey, envelope.ToArray())];
    }

    public KeyEnvelope Envelope() => KeyEnvelope.TryParse(Bytes(), out KeyEnvelope? envelope, out string? error) ? envelope : throw new InvalidOperationException(error);
}
