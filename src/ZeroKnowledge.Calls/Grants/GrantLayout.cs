using System.Buffers.Binary;
using System.Text.Unicode;

namespace ZeroKnowledge.Calls;

/// <summary>Where the parts of a grant lie that follow its evidence: purpose, times and owner key, body, stanzas.</summary>
/// <param name="Purpose">Where the purpose begins; it ends at <paramref name="Time"/>.</param>
/// <param name="Time">Where the time begins, then not-after, then the owner key.</param>
/// <param name="Body">The body without its length.</param>
/// <param name="Stanzas">1 to 32, none a group.</param>
internal sealed record GrantLayout(int Purpose, int Time, Range Body, IReadOnlyList<Stanza> Stanzas)
{
    private const string CutShort = "The grant is cut short.";

    /// <returns>What is wrong, or null.</returns>
    public static string? TryRead(byte[] bytes, int at, out GrantLayout? layout)
    {
        layout = null;
        int limit = bytes.Length - Format.SignatureSize;
        if (limit - at < 2)
        {
            return CutShort;
        }

        int purpose = at + 2, size = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));
        int time = purpose + size, body = time + 16 + VerifyKey.Size + 4;
        if (size > Format.MaxText)
        {
            return $"The grant's purpose of {size} bytes is longer than {Format.MaxText}.";
        }

        if (limit < body)
        {
            return CutShort;
        }

        if (!Utf8.IsValid(bytes.AsSpan(purpose, size)))
        {
            return "The grant's purpose is not UTF-8.";
        }

        uint bodySize = BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(body - 4));
        if (bodySize > (uint)(limit - body) || limit - body - (int)bodySize < 2)
        {
            return CutShort;
        }

        int end = body + (int)bodySize, count = BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(end));
        if (count is 0 or > Format.MaxStanzas)
        {
            return $"A grant has 1 to {Format.MaxStanzas} recipients, not {count}.";
        }

        string? error = StanzaList.TryRead(bytes, end + 2, count, limit, out List<Stanza> stanzas, out int position);
        if (error is null)
        {
            error = position != limit ? "The grant does not end where it should."
                : stanzas.Exists(stanza => stanza.Kind == StanzaKind.Group) ? "A grant is not wrapped to groups."
                : null;
        }

        layout = error is null ? new GrantLayout(purpose, time, body..end, stanzas) : null;
        return error;
    }
}
