using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <content>The fenced door to raw shares, for protocols.</content>
public abstract partial class MpcSession
{
    /// <summary>
    /// Raw shares: one component of a tensor's sharing, <see cref="WordsPerElement"/> words an element, row-major. For protocols only;
    /// nothing that computes on secrets above a protocol needs it.
    /// </summary>
    protected Span<ulong> Shares(SecretTensor tensor, int component)
    {
        Require(tensor);
        return tensor.Words(component);
    }

    /// <summary>Raw shares of bits: bit i of the tensor stands at bit i mod 64 of word i / 64; the bits past the last mean nothing.</summary>
    protected Span<ulong> Shares(SecretBits bits, int component)
    {
        Require(bits);
        return bits.Words(component);
    }

    /// <summary>Makes a tensor whose shares are zero, to be filled by the protocol.</summary>
    protected SecretTensor Allocate(TensorShape shape, int fractionalBits)
    {
        RequireFlow();
        ArgumentOutOfRangeException.ThrowIfNegative(fractionalBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fractionalBits, 62);
        int words = checked(shape.Count * WordsPerElement);
        return new SecretTensor(this, shape, fractionalBits, Storage(Components, words, areBits: false), 0, words);
    }

    /// <summary>Makes a tensor of bits whose shares are zero, to be filled by the protocol.</summary>
    protected SecretBits AllocateBits(TensorShape shape)
    {
        RequireFlow();
        int words = (int)(((long)shape.Count + 63) / 64);
        return new SecretBits(this, shape, Storage(BitComponents, words, areBits: true), 0, words);
    }

    private ShareStorage Storage(int components, int words, bool areBits)
    {
        var buffers = new SecretBuffer[components];
        for (int i = 0; i < components; i++)
        {
            buffers[i] = Pool.Rent(words);
        }

        return new ShareStorage(buffers, AccountFor(words, areBits));
    }

    /// <summary>Is told of every secret's memory, by words of a component of numbers or of bits; what it returns is called when that is released.</summary>
    private protected virtual Action? AccountFor(int words, bool areBits) => null;

    /// <summary>A view of a run of a tensor's words under another shape.</summary>
    private SecretTensor View(SecretTensor x, TensorShape shape, int start, int fractionalBits)
    {
        RequireFlow();
        (ShareStorage storage, int offset) = x.Share(start * WordsPerElement);
        return new SecretTensor(this, shape, fractionalBits, storage, offset, shape.Count * WordsPerElement);
    }
}
