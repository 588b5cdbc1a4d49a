using System.CommandLine;
using Grpc.Net.Client;
using ZeroKnowledge.Calls.Grpc;
using ZeroKnowledge.Calls.Sqlite;

namespace ZeroKnowledge.Calls.Tool;

/// <summary>What a command works with: opened when it is first asked for, closed and wiped at the end.</summary>
internal sealed class Desk(Invocation invocation) : IAsyncDisposable
{
    public static readonly Option<string?> RegisterFile = new("--register") { Description = "The register, an SQLite file. Default: register.db in the home.", HelpName = "FILE" };

    public static readonly Option<string?> TrustFile = new("--trust") { Description = "The trust list: gateways, owners and archives. Default: trust.txt in the home.", HelpName = "FILE" };

    public static readonly Option<string?> IdentityFile = new("--identity") { Description = "Your private key. Default: identity.txt in the home.", HelpName = "FILE" };

    public static readonly Option<bool> AllowMixed = new("--allow-mixed-security")
    {
        Description = "Wrap keys to classical (P-256) recipients, too: a quantum computer would open what is wrapped to them.",
    };

    private const string MakeKeys = "'zkcalls keygen' makes it.";

    private TrustList? _trust;
    private SqliteRegister? _register;
    private Identity? _identity;
    private OwnerKey? _owner;
    private Recipients? _recipients;
    private GrpcChannel? _channel;
    private ErasureList? _erasures;

    /// <summary>For commands that read public things only.</summary>
    public static IReadOnlyList<Symbol> Files { get; } = [Home.Folder, RegisterFile, TrustFile];

    /// <summary>For commands that decrypt.</summary>
    public static IReadOnlyList<Symbol> Keys { get; } = [IdentityFile, Passphrase.FromFile];

    public Home Home { get; } = new(invocation.Get(Home.Folder)!);

    public TrustList Trust => _trust ??= InputFile.Read("--trust", invocation.Get(TrustFile) ?? Home.Trust, TrustList.Load, MakeKeys);

    public SqliteRegister Register => _register ??= InputFile.Read(
        "--register", RegisterPath, SqliteRegister.Open, "It is the gateway's file, or the one its rows were moved to; 'zkcalls record' makes one.");

    public bool HasRegister => File.Exists(RegisterPath);

    /// <exception cref="PassphraseException">The passphrase is wrong.</exception>
    public Identity Identity => _identity ??= LoadIdentity(invocation.Get(IdentityFile) ?? Home.Identity);

    public OwnerKey Owner => _owner ??= InputFile.Read("The owner's key", Home.Owner, OwnerKey.Load, MakeKeys);

    public Recipients Recipients => _recipients ??= InputFile.Read("The list of recipients", Home.Recipients, Recipients.Load, MakeKeys);

    /// <summary>The list, to wrap keys to it.</summary>
    /// <exception cref="UserException">A key of it is classical, and that was not allowed.</exception>
    public Recipients WrapTo => AsAllowed(Home.Recipients, Recipients);

    /// <summary>To notice keys that are wrapped to somebody else.</summary>
    public Recipients? RecipientsIfThere => File.Exists(Home.Recipients) ? Recipients : null;

    public bool HasArchive => ArchiveOptions.IsGiven(invocation, Home);

    public GrpcChannel Channel => _channel ??= ArchiveOptions.Open(invocation, Home);

    public ArchiveClient Archive => new(Channel);

    /// <summary>For rotation and recovery.</summary>
    public KeyHolder Holder(params IReadOnlyList<KeyShares> shares) => new()
    {
        Register = Register,
        Trust = Trust,
        Identity = Identity,
        Recipients = WrapTo,
        AllowMixedSecurity = invocation.Get(AllowMixed),
        Shares = shares,
    };

    /// <summary>To see who opens what; wraps nothing.</summary>
    public KeyHolder Looker() => new() { Register = Register, Trust = Trust, Identity = Identity, Recipients = Recipients };

    /// <summary>For a member of a group, who needs no list of recipients.</summary>
    public KeyHolder Member() => new() { Register = Register, Trust = Trust, Identity = Identity };

    /// <summary>For erasure: signs, and keeps the list of what was erased.</summary>
    public KeyHolder Eraser() => new()
    {
        Register = Register,
        Trust = Trust,
        Identity = Identity,
        Recipients = WrapTo,
        AllowMixedSecurity = invocation.Get(AllowMixed),
        Owner = Owner,
        ErasureList = _erasures ??= ErasureList.Open(Home.Erasures),
    };

    private string RegisterPath => invocation.Get(RegisterFile) ?? Home.Register;

    /// <summary>Opens the register, or makes an empty one.</summary>
    public SqliteRegister MakeRegister() => _register ??= HasRegister ? Register : SqliteRegister.Open(RegisterPath);

    /// <exception cref="UserException">A key of the list is classical, and that was not allowed.</exception>
    public Recipients AsAllowed(string name, Recipients list) => list.IsClassical && !invocation.Get(AllowMixed)
        ? throw new UserException($"{name}: a key is {RecipientText.Classical}, whatever the other keys are. Take a post-quantum key, or give --allow-mixed-security.")
        : list;

    public Identity LoadIdentity(string path) => InputFile.Read("--identity", path, Load, MakeKeys);

    public async ValueTask DisposeAsync()
    {
        _identity?.Dispose();
        _owner?.Dispose();
        _erasures?.Dispose();
        if (_register is not null)
        {
            await _register.DisposeAsync().ConfigureAwait(false);
        }

        _channel?.Dispose();
    }

    private Identity Load(string path)
    {
        try
        {
            return Identity.Load(path);
        }
        catch (PassphraseException)
        {
            char[] passphrase = Passphrase.For(path, invocation);
            try
            {
                return Identity.Load(path, passphrase);
            }
            catch (ArgumentException e)
            {
                throw new UserException(e.Message, e);
            }
            finally
            {
                SecretLine.Wipe(passphrase);
            }
        }
    }
}
