using NSec.Cryptography;
using ZeroKnowledge.Calls;
using ZeroKnowledge.Calls.Sqlite;

// Stands here until the libraries have something to smoke-test: the native libraries must load in an AOT binary.
using Key key = Key.Create(SignatureAlgorithm.Ed25519);
byte[] signature = SignatureAlgorithm.Ed25519.Sign(key, "zero knowledge"u8);
bool signed = SignatureAlgorithm.Ed25519.Verify(key.PublicKey, "zero knowledge"u8, signature);

string folder = Directory.CreateTempSubdirectory("zkcalls-aot-").FullName;
bool queried;
await using (SqliteRegister register = SqliteRegister.Open(Path.Combine(folder, "register.db")))
{
    queried = await register.FindAsync(CoreId.Parse(new string('0', 64))) is null && await register.ListAsync().CountAsync() == 0;
}

Directory.Delete(folder, recursive: true);

Console.WriteLine(signed && queried ? "AOT: ok" : "AOT: failed");
return signed && queried ? 0 : 1;
