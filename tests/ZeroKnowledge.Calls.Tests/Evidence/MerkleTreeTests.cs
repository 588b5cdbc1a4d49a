namespace ZeroKnowledge.Calls.Tests;

public class MerkleTreeTests
{
    // The vectors of the Certificate Transparency reference code for RFC 6962 and RFC 9162.
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

    internal static byte[] LeafHashes(int count)
    {
        byte[] hashes = new byte[count * 32];
        for (int i = 0; i < count; i++)
        {
            MerkleTree.LeafHash(Convert.FromHexString(Leaves[i]), hashes.AsSpan(i * 32, 32));
        }

        return hashes;
    }

    [Theory]
    [MemberData(nameof(Counts))]
    public void Root_OfKnownLeaves_IsKnown(int count)
    {
        byte[] root = new byte[32];
        MerkleTree.Root(LeafHashes(count), root);
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
}
