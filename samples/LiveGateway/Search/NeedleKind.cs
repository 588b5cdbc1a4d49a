namespace LiveGateway.Search;

/// <summary>What is searched for.</summary>
internal enum NeedleKind
{
    /// <summary>32 bytes of the audio, as it went into the recorder, or more.</summary>
    Audio = 0,

    /// <summary>A name, a telephone number, a call id or a tag.</summary>
    Text = 1,

    /// <summary>A key, in any form, or a piece of a key envelope.</summary>
    Key = 2,

    /// <summary>32 bytes of a stored chunk: these must be found.</summary>
    Ciphertext = 3,
}
