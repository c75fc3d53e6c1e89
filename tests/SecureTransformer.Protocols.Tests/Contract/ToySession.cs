using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// A protocol of somebody else's, written against the public API alone: additive sharing over Z_2^64 between two parties, where products are made by opening both
/// operands to party 0. It shows that a session can be derived, and protects nothing.
/// </summary>
internal sealed class InsecureToySession : RingSession
{
    private const ushort Open = 0x7000;

    private readonly ChannelSet _channels;
    private readonly AesCtrPrg _common;

    public InsecureToySession(ChannelSet channels, SessionOptions options, MpcSession? parent)
        : base(channels.PartyId, channels.PartyCount, options, parent)
    {
        _channels = channels;
        _common = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], 0);
        channels.Meter.Phase = TrafficPhase.Online;
    }

    public override string Protocol => "insecure toy";

    public override TrafficMeter Meter => _channels.Meter;

    protected override int Components => 1;

    protected override int ConstantComponent => PartyId == 0 ? 0 : -1;

    private IChannel Other => _channels[1 - PartyId];

    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        // The other's share is common randomness, so nothing is sent.
        _common.Fill(Shares(result, 0));
        if (owner == PartyId)
        {
            ulong[] encoded = new ulong[values.Length];
            FixedPointFormat.Encode(values.Span, encoded, result.FractionalBits, "input");
            RingKernels.Subtract<ulong>(encoded, Shares(result, 0), Shares(result, 0));
        }

        return ValueTask.CompletedTask;
    }

    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ulong[]? opened = await OpenAsync(Shares(x, 0).ToArray(), party, cancellationToken);
        if (opened is null)
        {
            return null;
        }

        double[] values = new double[opened.Length];
        FixedPointFormat.Decode(opened, values, x.FractionalBits);
        return values;
    }

    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        List<SecretTensor> operands = [.. terms.SelectMany(t => new[] { t.Left, t.Right })];
        return ComputeAsync(addend is null ? operands : [.. operands, addend], result, (opened, i) =>
        {
            long sum = addend is null ? 0 : (long)opened[^1][i];
            for (int t = 0; t < terms.Count; t++)
            {
                sum += (long)opened[2 * t][i] * (long)opened[(2 * t) + 1][i];
            }

            return sum >> shift;
        }, cancellationToken);
    }

    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int columns = x.Shape[-1];
        return ComputeAsync([x, y], result, (opened, r) =>
            Enumerable.Range(r * columns, columns).Sum(i => (long)opened[0][i] * (long)opened[1][i]) >> shift, cancellationToken);
    }

    protected override ValueTask MatMulCoreAsync(SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int rows = x.Shape.Count / inner / (y.Shape.Count / (inner * columns));
        return ComputeAsync([x, y], result, (opened, at) =>
        {
            (int row, int column) = Math.DivRem(at, columns);
            int matrix = row / rows * inner * columns;
            long sum = 0;
            for (int k = 0; k < inner; k++)
            {
                sum += (long)opened[0][(row * inner) + k] * (long)opened[1][matrix + (transposeRight ? (column * inner) + k : (k * columns) + column)];
            }

            return sum >> shift;
        }, cancellationToken);
    }

    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        ComputeAsync([x], result, (opened, i) => (long)opened[0][i] >> shift, cancellationToken);

    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override void RestoreCore(IShareReader source, int start, SecretTensor result) => throw new NotSupportedException();

    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override void AbortCore(string reason) => _channels.Abort(reason);

    protected override async ValueTask DisposeCoreAsync()
    {
        _common.Dispose();
        await _channels.DisposeAsync();
        await base.DisposeCoreAsync();
    }

    /// <summary>Party 0 sees the operands and holds the result; the other's share is zero.</summary>
    private async ValueTask ComputeAsync(
        IReadOnlyList<SecretTensor> operands, SecretTensor result, Func<IReadOnlyList<ulong[]>, int, long> element, CancellationToken cancellationToken)
    {
        var opened = new List<ulong[]>();
        foreach (SecretTensor operand in operands)
        {
            if (await OpenAsync(Shares(operand, 0).ToArray(), 0, cancellationToken) is { } words)
            {
                opened.Add(words);
            }
        }

        for (int i = 0; PartyId == 0 && i < result.Shape.Count; i++)
        {
            Shares(result, 0)[i] = (ulong)element(opened, i);
        }
    }

    private async ValueTask<ulong[]?> OpenAsync(ulong[] share, int? party, CancellationToken cancellationToken)
    {
        if (party is null || party != PartyId)
        {
            FrameBuffer frame = Other.Rent(share.Length * sizeof(ulong));
            share.CopyTo(frame.Words);
            Other.Send(frame, Open);
        }

        if (party is not null && party != PartyId)
        {
            return null;
        }

        using FrameBuffer received = await Other.ReceiveAsync(Open, share.Length * sizeof(ulong), cancellationToken);
        RingKernels.AddInto<ulong>(share, received.Words);
        return share;
    }
}
