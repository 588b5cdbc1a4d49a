using System.Security.Cryptography;
using FsCheck;
using FsCheck.Xunit;

namespace ZeroKnowledge.Calls.Tests;

public class MerkleTreeTests
{
    // The inputs and roots that Certificate Transparency's implementations of RFC 6962 and RFC 9162 are tested with.
    internal static readonly string[] Leaves =
        ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

    internal static readonly string[] Roots =
    [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    public static TheoryData<int> Counts => [0, 1, 2, 3, 4, 5, 6, 7, 8];

    [Theory]
    [MemberData(nameof(Counts))]
    public void Root_OfKnownLeaves_IsKnown(int count)
    {
        byte[] hashes = new byte[count * 32];
        for (int i = 0; i < count; i++)
        {
            MerkleTree.LeafHash(Convert.FromHexString(Leaves[i]), hashes.AsSpan(i * 32, 32));
        }

        byte[] root = new byte[32];
        MerkleTree.Root(hashes, root);
        Assert.Equal(Roots[count], Convert.ToHexStringLower(root));
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void PeaksRoot_OfKnownLeaves_IsKnown(int count)
    {
        var peaks = new MerklePeaks();
        for (int i = 0; i < count; i++)
        {
            peaks.AppendChunk(Convert.FromHexString(Leaves[i]));
        }

        Assert.True(peaks.HasRoot(Convert.FromHexString(Roots[count])));
        Assert.Equal(count, peaks.Count);
    }

    [Property]
    public bool LeafHash_IsThatOfThePrefixedChunk(byte[] chunk)
    {
        byte[] hash = new byte[32];
        MerkleTree.LeafHash(chunk, hash);
        return hash.AsSpan().SequenceEqual(SHA256.HashData([0, .. chunk]));
    }

    [Property]
    public bool Root_IsThatOfTheSpecification(PositiveInt count)
    {
        byte[] hashes = RandomNumberGenerator.GetBytes(32 * count.Get);
        byte[] root = new byte[32];
        MerkleTree.Root(hashes, root);
        return root.AsSpan().SequenceEqual(NaiveTree.Root(hashes));
    }

    [Fact]
    public void NodeHash_IntoItsOwnInput_IsTheSame()
    {
        byte[] left = RandomNumberGenerator.GetBytes(32);
        byte[] right = RandomNumberGenerator.GetBytes(32);
        byte[] expected = SHA256.HashData([1, .. left, .. right]);
        byte[] a = [.. left];
        MerkleTree.NodeHash(a, right, a);
        Assert.Equal(expected, a);
        byte[] b = [.. right];
        MerkleTree.NodeHash(left, b, b);
        Assert.Equal(expected, b);
    }

    [Fact]
    public void Hashing_OnceWarm_AllocatesNothing()
    {
        byte[] chunk = new byte[8252];
        byte[] hash = new byte[32];
        byte[] leaves = new byte[32 * 37];
        var peaks = new MerklePeaks();
        Run();
        Assert.Equal(0, Allocations.Least(Run));

        void Run()
        {
            for (int i = 0; i < 100; i++)
            {
                MerkleTree.LeafHash(chunk, hash);
                MerkleTree.NodeHash(hash, hash, hash);
                MerkleTree.Root(leaves, hash);
                peaks.AppendChunk(chunk);
                peaks.Root(hash);
            }
        }
    }

    [Fact]
    public void Hashing_OfWrongLengths_Throws()
    {
        byte[] hash = new byte[32];
        Assert.Throws<ArgumentException>("destination", () => MerkleTree.LeafHash([], new byte[31]));
        Assert.Throws<ArgumentException>("destination", () => MerkleTree.LeafHash([], new byte[33]));
        Assert.Throws<ArgumentException>("left", () => MerkleTree.NodeHash(new byte[31], hash, hash));
        Assert.Throws<ArgumentException>("right", () => MerkleTree.NodeHash(hash, new byte[33], hash));
        Assert.Throws<ArgumentException>("destination", () => MerkleTree.NodeHash(hash, hash, new byte[31]));
        Assert.Throws<ArgumentException>("leafHashes", () => MerkleTree.Root(new byte[33], hash));
        Assert.Throws<ArgumentException>("destination", () => MerkleTree.Root(hash, new byte[31]));
        MerkleTree.NodeHash(hash, hash, hash);
    }
}
