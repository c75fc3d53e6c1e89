namespace SecureTransformer.Numerics;

internal static class RingBytes
{
    public static void Check(int length, int needed, string name)
    {
        if (length < needed)
        {
            throw new ArgumentException($"An element has {needed} bytes, the span {length}.", name);
        }
    }
}
