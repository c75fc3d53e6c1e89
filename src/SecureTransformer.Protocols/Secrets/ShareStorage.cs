using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols;

/// <summary>The counted buffers behind one or more secrets: one buffer for each component of the sharing. The last release zeroes and returns them.</summary>
/// <param name="components">The buffers.</param>
/// <param name="released">Called at the last release.</param>
internal sealed class ShareStorage(SecretBuffer[] components, Action? released = null)
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

            released?.Invoke();
        }
    }
}
