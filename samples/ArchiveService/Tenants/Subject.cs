using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ArchiveService;

/// <summary>
/// A certificate's subject in one canonical encoding, compared as a whole. Never as text: a text can hold a comma that looks like the next part. The same words
/// in two string types (PrintableString, UTF8String) are the same name, since issuers differ in that; upper and lower case are not.
/// </summary>
internal sealed record Subject
{
    /// <summary>Bytes of a name, at most.</summary>
    public const int MaxSize = 1_024;

    private Subject(SubjectId id, string text)
    {
        Id = id;
        Text = text;
    }

    public SubjectId Id { get; }

    /// <summary>For people, and to be parsed again.</summary>
    public string Text { get; }

    /// <summary>Reads a name, most specific part first: as RFC 4514 writes it, but for special characters, which stand in double quotes.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out Subject? subject, [NotNullWhen(false)] out string? fault)
    {
        subject = null;
        if (text.Length is 0 or > MaxSize)
        {
            fault = $"A subject has 1 to {MaxSize} characters.";
            return false;
        }

        if (text.Contains('\\', StringComparison.Ordinal))
        {
            // They would be taken as they are, and name somebody who does not exist.
            fault = "A part with special characters stands in double quotes, as in O=\"Example, Inc.\": backslashes are not understood.";
            return false;
        }

        try
        {
            return TryRead(new X500DistinguishedName(text), out subject, out fault);
        }
        catch (CryptographicException)
        {
            fault = "It is not a distinguished name such as CN=gateway-1,O=Example,C=DE.";
            return false;
        }
    }

    /// <summary>Reads a certificate's subject.</summary>
    public static bool TryRead(X500DistinguishedName name, [NotNullWhen(true)] out Subject? subject, [NotNullWhen(false)] out string? fault)
    {
        subject = null;
        try
        {
            fault = name.RawData.Length > MaxSize ? $"The name has more than {MaxSize} bytes." : null;
            if (fault is null)
            {
                byte[]? canonical = Canonical(name.RawData);
                fault = canonical is null ? "The name is empty." : null;
                subject = canonical is null ? null : new Subject(SubjectId.Of(canonical), name.Name);
            }
        }
        catch (AsnContentException)
        {
            fault = "The name is not well-formed.";
        }

        return fault is null;
    }

    private static byte[]? Canonical(byte[] raw)
    {
        var reader = new AsnReader(raw, AsnEncodingRules.DER);
        AsnReader parts = reader.ReadSequence();
        reader.ThrowIfNotEmpty();
        if (!parts.HasData)
        {
            return null;
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (parts.HasData)
            {
                // The writer sorts the set.
                using (writer.PushSetOf())
                {
                    AsnReader set = parts.ReadSetOf();
                    while (set.HasData)
                    {
                        CopyAttribute(set.ReadSequence(), writer);
                    }
                }
            }
        }

        return writer.Encode();
    }

    private static void CopyAttribute(AsnReader attribute, AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(attribute.ReadObjectIdentifier());
            Asn1Tag tag = attribute.PeekTag();
            if (tag.TagClass == TagClass.Universal
                && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String)
            {
                writer.WriteCharacterString(UniversalTagNumber.UTF8String, attribute.ReadCharacterString((UniversalTagNumber)tag.TagValue));
            }
            else
            {
                // Rare types compare by their bytes: one that is written otherwise is another name, and has no role.
                writer.WriteEncodedValue(attribute.ReadEncodedValue().Span);
            }
        }

        attribute.ThrowIfNotEmpty();
    }
}
