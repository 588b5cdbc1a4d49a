namespace ZeroKnowledge.Calls;

/// <summary>The AEAD of a recording (docs/FORMAT.md, section 3). Key derivation, tree hash and signatures are the same in all suites.</summary>
public enum Suite
{
    /// <summary>Not a suite: the default value is refused everywhere.</summary>
    None = 0,

    /// <summary>AES-256-GCM (NIST SP 800-38D): on the BSI's and NIST's lists. The default of a policy.</summary>
    Aes256Gcm = 1,

    /// <summary>AEGIS-256 with a 256-bit tag (draft-irtf-cfrg-aegis-aead): about two and a half times faster on hardware with AES instructions.</summary>
    Aegis256 = 2,
}
