using System.Security.Cryptography;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Corrections on their way to a <see cref="RunFile"/>.</summary>
internal sealed class CorrectionFile(FileStream file, RunSecret secret) : ICorrectionSink, IDisposable
{
    private readonly FramePool _frames = new();
    private readonly AesGcm _cipher = secret.Cipher();
    private long _record;

    public ValueTask<FrameBuffer> RentAsync(int length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(_frames.Rent(length));
    }

    public void Send(FrameBuffer correction)
    {
        using (correction)
        {
            Span<byte> nonce = stackalloc byte[AesGcm.NonceByteSizes.MaxSize];
            Span<byte> tag = stackalloc byte[AesGcm.TagByteSizes.MaxSize];
            RunSecret.WriteNonce(nonce, _record++);
            _cipher.Encrypt(nonce, correction.Span, correction.Span, tag);
            file.Write(tag);
            file.Write(correction.Span);
        }
    }

    public void Dispose() => _cipher.Dispose();
}
