using Microsoft.Data.Sqlite;
using NSec.Cryptography;

// Stands here until the libraries have something to smoke-test: the native libraries must load in an AOT binary.
using Key key = Key.Create(SignatureAlgorithm.Ed25519);
byte[] signature = SignatureAlgorithm.Ed25519.Sign(key, "zero knowledge"u8);
bool signed = SignatureAlgorithm.Ed25519.Verify(key.PublicKey, "zero knowledge"u8, signature);

using SqliteConnection connection = new("Data Source=:memory:");
connection.Open();
using SqliteCommand command = connection.CreateCommand();
command.CommandText = "select sqlite_version()";
bool queried = command.ExecuteScalar() is string;

Console.WriteLine(signed && queried ? "AOT: ok" : "AOT: failed");
return signed && queried ? 0 : 1;
