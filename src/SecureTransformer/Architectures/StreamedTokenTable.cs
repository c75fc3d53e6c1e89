using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>
/// A table that is read in runs of rows, all of them for every token, so that what is read says nothing of the tokens. Each run costs a product, and in the head a
/// truncation, of its own: as many bytes as the whole for the logits, more rounds.
/// </summary>
internal sealed class StreamedTokenTable(WeightSpec table, WeightSpec head, Func<string, IShareReader> shares, int runElements = StreamedTokenTable.RunElements) : TokenTable
{
    /// <summary>Elements of one run: 64 MB a component, and as much again while a product is arranged.</summary>
    public const int RunElements = 1 << 23;

    public override async ValueTask<SecretTensor> EmbedAsync(MpcSession session, SecretTensor oneHot, CancellationToken cancellationToken)
    {
        IShareReader share = shares(table.Name);
        SecretTensor? sum = null;
        foreach ((int start, int length) in KeptWeights.Cut(table.Shape, runElements))
        {
            using SecretTensor rows = session.Restore(share, table.Shape, start, length);                                               // [v, H]
            using SecretTensor chosen = session.Slice(oneHot, 1, start, length);                                                        // [N, v]
            SecretTensor part = await session.MatMulAsync(chosen, rows, fractionalBits: rows.FractionalBits, cancellationToken: cancellationToken).ConfigureAwait(false); // [N, H]
            if (sum is null)
            {
                sum = part;
                continue;
            }

            SecretTensor more = session.Add(sum, part);
            sum.Dispose();
            part.Dispose();
            sum = more;
        }

        return sum!;
    }

    public override async ValueTask<SecretTensor> LogitsAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        IShareReader share = shares(head.Name);
        var parts = new List<SecretTensor>();
        foreach ((int start, int length) in KeptWeights.Cut(head.Shape, runElements))
        {
            using SecretTensor rows = session.Restore(share, head.Shape, start, length);                                                // [v, H]
            parts.Add(await session.MatMulAsync(x, rows, true, rows.FractionalBits, cancellationToken).ConfigureAwait(false));          // [R, v]
        }

        SecretTensor logits = session.Concatenate(parts, 1);                                                                            // [R, V]
        foreach (SecretTensor part in parts)
        {
            part.Dispose();
        }

        return logits;
    }

    public override void Dispose()
    {
    }
}
