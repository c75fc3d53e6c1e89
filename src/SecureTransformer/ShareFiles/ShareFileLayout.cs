using System.Buffers.Binary;
using System.Text.Json;
using SecureTransformer.Architectures;
using SecureTransformer.Protocols;

namespace SecureTransformer.ShareFiles;

/// <summary>Where each weight of a model stands in one party's share file. It follows from the model's configuration, the protocol and the party alone.</summary>
internal sealed class ShareFileLayout
{
    private readonly ShareFileTensor[] _tensors;
    private readonly Dictionary<string, int> _numberOf;

    /// <param name="model">The model's identity.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The number of parties.</param>
    /// <param name="party">The party, from 0.</param>
    /// <param name="fractionalBits">The fractional bits of the encoding.</param>
    /// <param name="weights">The weights, in the order in which their shares are written.</param>
    /// <param name="threshold">How many parties may collude, where one chooses it; null elsewhere.</param>
    /// <param name="epoch">The epoch of the shares, where they have one with a name.</param>
    public ShareFileLayout(
        string model, MpcProtocol protocol, int parties, int party, int fractionalBits, IReadOnlyList<WeightSpec> weights, int? threshold = null, ShareEpoch? epoch = null)
    {
        var codec = ShareCodec.Create(protocol, parties, threshold);
        _tensors = new ShareFileTensor[weights.Count];
        _numberOf = new Dictionary<string, int>(weights.Count, StringComparer.Ordinal);
        long offset = 0;
        for (int i = 0; i < _tensors.Length; i++)
        {
            int count = weights[i].Shape.Count;
            long bytes = epoch?.ShareBytes(party, count) ?? codec.ShareBytes(party, count);
            _tensors[i] = new ShareFileTensor { Name = weights[i].Name, Shape = weights[i].Shape.Extents.ToArray(), Offset = offset, Bytes = bytes };
            _numberOf.Add(weights[i].Name, i);
            offset = checked(offset + ShareFileFormat.StoredBytes(bytes));
        }

        Party = party;
        var description = new ShareFileDescription
        {
            Model = model,
            Protocol = protocol.ToString(),
            Party = party,
            Epoch = epoch?.ToString(),
            FractionalBits = fractionalBits,
            Tensors = _tensors,
        };
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(description, ShareFileJson.Default.ShareFileDescription);
        int length = ShareFileFormat.PrefixBytes + json.Length;
        Header = new byte[(length + (ShareFileFormat.Alignment - 1)) / ShareFileFormat.Alignment * ShareFileFormat.Alignment];
        ShareFileFormat.Magic.CopyTo(Header);
        BinaryPrimitives.WriteInt32LittleEndian(Header.AsSpan(8), ShareFileFormat.Version);
        BinaryPrimitives.WriteInt32LittleEndian(Header.AsSpan(12), json.Length);
        json.CopyTo(Header.AsSpan(ShareFileFormat.PrefixBytes));
        FileBytes = Header.Length + offset;
    }

    public int Party { get; }

    /// <summary>What the file begins with.</summary>
    public byte[] Header { get; }

    /// <summary>The length of the whole file.</summary>
    public long FileBytes { get; }

    public int Count => _tensors.Length;

    public ShareFileTensor this[int number] => _tensors[number];

    /// <exception cref="ArgumentException">There is no such weight.</exception>
    public int NumberOf(string name) =>
        _numberOf.TryGetValue(name, out int number) ? number : throw new ArgumentException($"The share file has no tensor '{name}'.", nameof(name));

    /// <summary>Where a chunk of a tensor is stored.</summary>
    public long PositionOf(int tensor, long chunk) =>
        Header.Length + _tensors[tensor].Offset + (chunk * (ShareFileFormat.ChunkBytes + ShareFileFormat.TagBytes));
}
