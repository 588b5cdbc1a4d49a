using System.Text.Json;
using System.Text.Json.Serialization;
using ZeroKnowledge.Calls;

namespace ArchiveService;

/// <summary>The tenants file: names, gateways, roles and limits. Everything wrong in it keeps the archive from starting, in one sentence.</summary>
internal static class TenantFile
{
    private const int MaxBytes = 16 << 20;
    private const int MaxTenants = 10_000;

    // What is misspelt must not silently be no limit, or no role.
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 8,
    };

    /// <summary>Reads the file.</summary>
    /// <param name="path">The file; the trust lists that it names are relative to its folder.</param>
    /// <exception cref="StartException">It cannot be used.</exception>
    public static TenantList Load(string path)
    {
        FileContent content = Read(path);
        if (content.Tenants is not { Count: > 0 and <= MaxTenants })
        {
            throw Fault(path, $"it names {content.Tenants?.Count ?? 0} tenants, not 1 to {MaxTenants}");
        }

        var tenants = new Dictionary<string, Tenant>(StringComparer.Ordinal);
        var roles = new Dictionary<SubjectId, (Tenant Tenant, Roles Roles)>();
        foreach (TenantContent? given in content.Tenants)
        {
            TenantContent one = given ?? throw Fault(path, "a tenant is null");
            var tenant = new Tenant(NameOf(path, one), Gateways(path, one), Limits(path, one));
            if (!tenants.TryAdd(tenant.Name, tenant))
            {
                throw Fault(path, $"the tenant '{tenant.Name}' stands twice");
            }

            AddRoles(path, tenant, one.Writers, Roles.Writer, roles);
            AddRoles(path, tenant, one.Owners, Roles.Owner, roles);
        }

        return new TenantList(tenants.Values, roles, Revoked(path, content), isLocal: false);
    }

    private static FileContent Read(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.Length > MaxBytes
                ? throw Fault(path, $"it has more than {MaxBytes} bytes")
                : JsonSerializer.Deserialize<FileContent>(file, Strict) ?? throw Fault(path, "it is empty");
        }
        catch (JsonException e)
        {
            throw Fault(path, $"line {(e.LineNumber ?? 0) + 1}, at {e.Path ?? "$"}, is no JSON, unknown, given twice, or not of the right kind", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Fault(path, e.Message.TrimEnd('.'), e);
        }
    }

    private static string NameOf(string path, TenantContent one) => one.Name is { } name && Tenant.IsName(name)
        ? name
        : throw Fault(path, $"'{one.Name}' is no tenant's name: 1 to {Tenant.LongestName} letters a to z, digits, dots and hyphens");

    private static TrustList Gateways(string path, TenantContent one)
    {
        string file = one.Gateways is { Length: > 0 } given ? given : throw Fault(path, $"tenant '{one.Name}' has no 'gateways', the trust list of its gateways");
        try
        {
            return ArchiveHost.LoadGateways(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, file));
        }
        catch (StartException e)
        {
            throw Fault(path, $"tenant '{one.Name}': {e.Message.TrimEnd('.')}", e);
        }
    }

    private static void AddRoles(
        string path, Tenant tenant, IReadOnlyList<string?>? subjects, Roles role, Dictionary<SubjectId, (Tenant Tenant, Roles Roles)> roles)
    {
        if (subjects is not { Count: > 0 })
        {
            throw Fault(path, $"tenant '{tenant}' has no {(role == Roles.Writer ? "writer" : "owner")}");
        }

        foreach (string? text in subjects)
        {
            if (!Subject.TryParse(text ?? "", out Subject? subject, out string? fault))
            {
                throw Fault(path, $"tenant '{tenant}': '{text}' is no certificate subject: {fault.TrimEnd('.')}");
            }

            (Tenant before, Roles had) = roles.GetValueOrDefault(subject.Id, (tenant, Roles.None));
            if (before != tenant || had.HasFlag(role))
            {
                throw Fault(path, before != tenant ? $"'{text}' has roles in two tenants, '{before}' and '{tenant}'" : $"tenant '{tenant}': '{text}' stands twice");
            }

            roles[subject.Id] = (tenant, had | role);
        }
    }

    private static TenantLimits Limits(string path, TenantContent one)
    {
        if (one.Limits is not { } given)
        {
            return new TenantLimits();
        }

        var limits = new TenantLimits();
        return new TenantLimits
        {
            Recordings = Within(path, one, "recordings", given.Recordings ?? limits.Recordings, 0, long.MaxValue),
            Bytes = Within(path, one, "bytes", given.Bytes ?? limits.Bytes, 0, long.MaxValue),
            BytesPerSecond = given.BytesPerSecond is { } rate
                ? (int)Within(path, one, "bytesPerSecond", rate, TenantLimits.SmallestRate, int.MaxValue) : null,
            MessageBytes = (int)Within(
                path, one, "messageBytes", given.MessageBytes ?? limits.MessageBytes, TenantLimits.SmallestMessage, CallArchiveService.LargestMessage),
            Tombstones = Within(path, one, "tombstones", given.Tombstones ?? limits.Tombstones, 0, long.MaxValue),
            Readers = Within(path, one, "readers", given.Readers ?? limits.Readers, 0, long.MaxValue),
        };
    }

    private static long Within(string path, TenantContent one, string name, long value, long smallest, long largest) => value >= smallest && value <= largest
        ? value
        : throw Fault(path, $"tenant '{one.Name}': the limit '{name}' is {value}, not {smallest} to {largest}");

    private static HashSet<string> Revoked(string path, FileContent content)
    {
        var revoked = new HashSet<string>(StringComparer.Ordinal);
        foreach (string? text in content.Revoked ?? [])
        {
            string digits = text?.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant() ?? "";
            if (digits.Length != 64 || !digits.All(char.IsAsciiHexDigit))
            {
                throw Fault(path, $"'{text}' in 'revoked' is no SHA-256 fingerprint of a certificate: 64 hexadecimal digits");
            }

            revoked.Add(digits);
        }

        return revoked;
    }

    private static StartException Fault(string path, string why, Exception? cause = null) =>
        new($"The tenants file '{path}' cannot be used: {why}.", cause);

    // Everything may be missing: that is said by name, not by the reader of JSON.
    private sealed record FileContent(IReadOnlyList<TenantContent?>? Tenants = null, IReadOnlyList<string?>? Revoked = null);

    private sealed record TenantContent(
        string? Name = null, string? Gateways = null, IReadOnlyList<string?>? Writers = null, IReadOnlyList<string?>? Owners = null, LimitsContent? Limits = null);

    private sealed record LimitsContent(
        long? Recordings = null, long? Bytes = null, long? BytesPerSecond = null, long? MessageBytes = null, long? Tombstones = null, long? Readers = null);
}
