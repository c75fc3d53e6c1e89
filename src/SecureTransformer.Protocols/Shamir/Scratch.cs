using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>The buffers of one operation, which all go back when it ends, however it ends.</summary>
internal sealed class Scratch(SecretBufferPool pool) : IDisposable
{
    private readonly List<SecretBuffer> _rented = [];

    /// <summary>Zeroed words until the operation ends.</summary>
    public SecretBuffer Rent(int words)
    {
        SecretBuffer buffer = pool.Rent(words);
        _rented.Add(buffer);
        return buffer;
    }

    /// <summary>Room for so many lanes.</summary>
    public SecretBuffer Rent(LaneField field, int lanes) => Rent(checked(lanes * field.Words));

    /// <summary>Gives one back before the operation ends.</summary>
    public void Return(SecretBuffer buffer)
    {
        _rented.Remove(buffer);
        buffer.Dispose();
    }

    public void Dispose()
    {
        foreach (SecretBuffer buffer in _rented)
        {
            buffer.Dispose();
        }

        _rented.Clear();
    }
}
