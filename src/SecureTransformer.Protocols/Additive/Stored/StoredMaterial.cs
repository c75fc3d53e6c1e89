using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material from a <see cref="MaterialStore"/>.</summary>
internal sealed class StoredMaterial(ChannelSet channels, MaterialStore store, int levels, MaterialPlan? record) : MaterialSource(record)
{
    private readonly StoredRun _run = new(channels, store, levels);
    private readonly bool _isFirst = channels.PartyId == 0;
    private RunFile? _file;
    private PairwiseRandomness? _streams;

    /// <summary>Agrees with the other parties on a run, once; its secret.</summary>
    public async ValueTask<RunSecret> TakeAsync(CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            _file = await _run.TakeAsync(cancellationToken).ConfigureAwait(false);
            _streams = new PairwiseRandomness(_file.Secret.Seed);
        }

        return _file.Secret;
    }

    public override void Fill(Purpose purpose, Span<ulong> share) => _streams!.Fill(purpose, share);

    public override void Fill(Purpose purpose, Span<byte> share) => _streams!.Fill(purpose, share);

    public override ValueTask<FrameBuffer?> CorrectionAsync(int length, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_isFirst ? _file!.Read(length) : null);

    public override ValueTask DisposeAsync()
    {
        _streams?.Dispose();
        _run.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask RequestCoreAsync(Material material, CancellationToken cancellationToken)
    {
        await TakeAsync(cancellationToken).ConfigureAwait(false);
        await _run.AdvanceAsync(material.Describe(), cancellationToken).ConfigureAwait(false);
    }
}
