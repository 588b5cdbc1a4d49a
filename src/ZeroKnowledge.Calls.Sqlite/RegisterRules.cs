namespace ZeroKnowledge.Calls.Sqlite;

/// <summary>What must hold of a row before it is taken. Whom to trust is the reader's to judge: a register has no trust list.</summary>
internal static class RegisterRules
{
    /// <exception cref="RegisterException">The row does not hold together.</exception>
    public static void Check(RegisteredRecording recording)
    {
        RecordingHeader header = recording.Header;
        if (recording.Envelope is { } envelope)
        {
            Check(envelope, header);
        }
        else if (recording.Erasures.Count == 0)
        {
            // Taken in, it would keep the real envelope out for good.
            throw new RegisterException($"Recording {header.CoreId} has neither a key envelope nor an erasure certificate that says why.");
        }

        foreach (Statement statement in recording.Statements)
        {
            Check(statement, header);
        }

        foreach (Receipt receipt in recording.Receipts)
        {
            Check(receipt, header.CoreId);
        }

        foreach (ErasureCertificate certificate in recording.Erasures)
        {
            RequireSame(certificate.CoreId, header.CoreId, "erasure certificate");
        }
    }

    /// <exception cref="RegisterException">The envelope is not of this recording.</exception>
    public static void Check(KeyEnvelope envelope, RecordingHeader header)
    {
        RequireSame(envelope.CoreId, header.CoreId, "key envelope");
        if (envelope.Suite != header.Suite)
        {
            throw new RegisterException($"The key envelope of recording {header.CoreId} has suite {envelope.Suite}, its header {header.Suite}.");
        }
    }

    /// <exception cref="RegisterException">The statement is not of this recording, or its signature is wrong.</exception>
    public static void Check(Statement statement, RecordingHeader header)
    {
        RequireSame(statement.CoreId, header.CoreId, "statement");
        if (!statement.Verify(header))
        {
            throw new RegisterException($"Recording {header.CoreId}: the signature of a {statement} is wrong.");
        }
    }

    /// <exception cref="RegisterException">The receipt is of another recording.</exception>
    public static void Check(Receipt receipt, CoreId coreId) => RequireSame(receipt.CoreId, coreId, "receipt");

    /// <exception cref="RegisterException">The recording is erased, or the version is not the next one.</exception>
    public static void RequireNext(CoreId coreId, long current, bool erased, long version, string what)
    {
        if (erased)
        {
            throw new RegisterException($"Recording {coreId} is erased: it has no key envelope, and never gets one again.");
        }

        if (version != current + 1)
        {
            throw new RegisterException(
                $"The {what} of recording {coreId} has version {version}; the register's envelope has version {current}, so the next one is {current + 1}. Read the row again, and repeat the change on what it says.");
        }
    }

    private static void RequireSame(CoreId actual, CoreId expected, string what)
    {
        if (actual != expected)
        {
            throw new RegisterException($"The {what} given for recording {expected} is of recording {actual}.");
        }
    }
}
