using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <summary>The counted buffers behind one or more secrets: one buffer for each component of the sharing. The last release zeroes and returns them.</summary>
internal sealed class ShareStorage(SecretBuffer[] components)
{
    private int _references = 1;

    public Span<ulong> Component(int index) => components[index].Span;

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            foreach (SecretBuffer component in components)
            {
                component.Dispose();
            }
        }
    }
}
