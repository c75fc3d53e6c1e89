namespace SecureTransformer.Protocols;

internal static class WindowExtensions
{
    public static async ValueTask<(SecretBits Inside, SecretBits Below)> WindowAsync(
        this MpcSession session, SecretTensor x, int windowBits, int width, CancellationToken cancellationToken)
    {
        double edge = Math.ScaleB(1, windowBits - 1 - x.FractionalBits);
        SecretTensor flat = session.Reshape(x, new TensorShape(x.Shape.Count));
        SecretTensor both = session.Concatenate([session.AddPublic(flat, -edge), session.AddPublic(flat, edge)], 0);
        SecretBits bits = await session.LessThanZeroAsync(both, width, cancellationToken).ConfigureAwait(false);
        SecretBits below = session.Reshape(session.Slice(bits, flat.Shape.Count, flat.Shape.Count), x.Shape);
        return (session.Xor(session.Reshape(session.Slice(bits, 0, flat.Shape.Count), x.Shape), below), below);
    }
}
