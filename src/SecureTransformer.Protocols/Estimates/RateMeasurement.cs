using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Estimates;

/// <summary>
/// Measures <see cref="MachineRates"/>: a few operations are run between all parties in this process, and played through; the time that the rates known so far do not
/// explain is that of the one kind of work that is new in each.
/// </summary>
internal static class RateMeasurement
{
    private const int Batches = 5;

    private static readonly TimeSpan s_batch = TimeSpan.FromMilliseconds(8);

    private static readonly HarmonicSum s_harmonics = new(5, 0, 0, null, [0.5, 0.25, 0.125, 0.0625, 0.03, 0.02, 0.01, 0.005]);

    private static readonly Case[] s_cases =
    [
        new(WorkKind.Message, static async (s, x) => await s.MultiplyAsync(x.One, x.One, 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.Local, static (s, x) =>
        {
            s.Add(x.Values, x.Values);
            return ValueTask.CompletedTask;
        }),
        new(WorkKind.Resharing, static async (s, x) => await s.MultiplyAsync(x.Values, x.Values, 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.Product, static async (s, x) => await s.SumOfProductsAsync([new(x.Values, x.Values), new(x.Values, x.Values), new(x.Values, x.Values)], fractionalBits: 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.Truncation, static async (s, x) => await s.TruncateAsync(x.Values, 0).ConfigureAwait(false)),
        new(WorkKind.InnerProduct, static async (s, x) => await s.DotAsync(x.Rows, x.Rows, 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.MatrixRead, static async (s, x) => await s.MatMulAsync(x.Row, x.Wide, fractionalBits: 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.MultiplyAdd, static async (s, x) => await s.MatMulAsync(x.Rows, x.Matrix, fractionalBits: 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.Packing, static async (s, x) => await s.MatMulAsync(x.Heads, x.Heads, transposeRight: true, fractionalBits: 2 * s.FractionalBits).ConfigureAwait(false)),
        new(WorkKind.Comparison, static async (s, x) => await s.LessThanZeroAsync(x.Values, 32).ConfigureAwait(false)),
        new(WorkKind.And, static async (s, x) => await s.AndAsync(x.Bits, x.Bits).ConfigureAwait(false)),
        new(WorkKind.Conversion, static async (s, x) => await s.ToArithmeticAsync(x.Bits).ConfigureAwait(false)),
        new(WorkKind.Selection, static async (s, x) => await s.MultiplyBitAsync(x.Bits, x.Values).ConfigureAwait(false)),
        new(WorkKind.Harmonic, static async (s, x) => await s.HarmonicSumAsync(s_harmonics, x.Values).ConfigureAwait(false), static s => s.HasAdditionTheorems),
        new(WorkKind.Exponential, static async (s, x) => await s.ExponentialAsync(x.Values, x.Bits).ConfigureAwait(false), static s => s.HasAdditionTheorems),
        new(WorkKind.Normalization, static async (s, x) => await s.NormalizeAsync(x.Values, 40).ConfigureAwait(false)),
    ];

    public static async Task<MachineRates> RunAsync(MpcProtocol protocol, int? parties, int? threshold, CancellationToken cancellationToken)
    {
        var options = new SessionOptions { Threshold = threshold };
        int count = CountFor(protocol);
        var seconds = new Dictionary<WorkKind, double>
        {
            // Clients' values are hashed and expanded from seeds, which has no operation of its own to measure it by.
            [WorkKind.Import] = MachineRates.Default.SecondsOf(WorkKind.Import, 1),
            [WorkKind.Splitting] = MachineRates.Default.SecondsOf(WorkKind.Splitting, 1),
        };
        LocalParties local = LocalParties.Create(protocol, options, parties: parties);
        await using (local.ConfigureAwait(false))
        {
            double[][][] measured = await local.RunAsync(session => MeasureAsync(session, count, cancellationToken), cancellationToken).ConfigureAwait(false);
            EstimatingSession dry = EstimatingSession.Create(protocol, options, local.Count);
            await using (dry.ConfigureAwait(false))
            {
                using Operands operands = await Operands.CreateAsync(dry, count).ConfigureAwait(false);
                for (int i = 0; i < s_cases.Length; i++)
                {
                    if (s_cases[i].IsFor?.Invoke(dry) == false)
                    {
                        continue;
                    }

                    int first = dry.OperationCount;
                    using (dry.BeginScope())
                    {
                        await s_cases[i].Run(dry, operands).ConfigureAwait(false);
                        dry.CountLocal();
                    }

                    EstimatedRun run = dry.ToRun();
                    WorkKind kind = s_cases[i].Kind;
                    double known = run.Seconds(first, new MachineRates(seconds));
                    double unit = run.Seconds(first, new MachineRates(new Dictionary<WorkKind, double> { [kind] = 1 }));

                    // Where there is none, the protocol composes the operation of others.
                    seconds[kind] = unit > 0 ? Math.Max(0, (Quickest(i) - known) / unit) : 0;
                }
            }

            // A batch takes as long as its slowest party; of the batches, the quickest is the one that nothing else on the machine delayed.
            double Quickest(int which) => Enumerable.Range(0, Batches).Min(batch => measured.Max(party => party[which][batch]));
        }

        // One row was taken to be all reading, though it multiplies too.
        seconds[WorkKind.MatrixRead] = Math.Max(0, seconds[WorkKind.MatrixRead] - seconds[WorkKind.MultiplyAdd]);
        return new MachineRates(seconds);
    }

    /// <summary>The values that operations work on; of a protocol over a large field, where each takes tens of times as long, fewer.</summary>
    private static int CountFor(MpcProtocol protocol) => protocol == MpcProtocol.Shamir ? 1 << 13 : 1 << 16;

    /// <summary>Seconds of each case, batch by batch, at this party.</summary>
    private static async Task<double[][]> MeasureAsync(MpcSession session, int count, CancellationToken cancellationToken)
    {
        using Operands operands = await Operands.CreateAsync(session, count).ConfigureAwait(false);
        var seconds = new double[s_cases.Length][];
        for (int i = 0; i < s_cases.Length; i++)
        {
            if (s_cases[i].IsFor?.Invoke(session) == false)
            {
                continue;
            }

            Func<MpcSession, Operands, ValueTask> run = s_cases[i].Run;
            await RepeatAsync(2).ConfigureAwait(false);
            double once = await RepeatAsync(2).ConfigureAwait(false);

            // All parties take party 0's number of repetitions, which is a public number.
            using SecretTensor wanted = await session.InputAsync(
                0, new TensorShape(1), session.PartyId == 0 ? new double[] { Math.Clamp(Math.Floor(s_batch.TotalSeconds / once), 1, 1000) } : default, 0, cancellationToken).ConfigureAwait(false);
            int repetitions = (int)(await session.RevealAsync(wanted, cancellationToken).ConfigureAwait(false))[0];
            seconds[i] = new double[Batches];
            for (int batch = 0; batch < Batches; batch++)
            {
                seconds[i][batch] = await RepeatAsync(repetitions).ConfigureAwait(false);
            }

            async ValueTask<double> RepeatAsync(int times)
            {
                await session.AgreeAsync("start of a measurement", default, cancellationToken).ConfigureAwait(false);
                long started = Stopwatch.GetTimestamp();
                for (int n = 0; n < times; n++)
                {
                    using SessionScope scope = session.BeginScope();
                    await run(session, operands).ConfigureAwait(false);
                }

                return Stopwatch.GetElapsedTime(started).TotalSeconds / times;
            }
        }

        return seconds;
    }

    private sealed record Case(WorkKind Kind, Func<MpcSession, Operands, ValueTask> Run, Func<MpcSession, bool>? IsFor = null);

    /// <summary>What the operations work on.</summary>
    private sealed class Operands : IDisposable
    {
        private const int Inner = 512;
        private const int Columns = 2048;

        // 67 MB a party, which no cache holds, as models do not.
        private const int WideColumns = 8192;

        public required SecretTensor One { get; init; }

        public required SecretTensor Values { get; init; }

        public required SecretTensor Row { get; init; }

        public required SecretTensor Rows { get; init; }

        public required SecretTensor Heads { get; init; }

        public required SecretMatrix Matrix { get; init; }

        public required SecretMatrix Wide { get; init; }

        public required SecretBits Bits { get; init; }

        /// <summary>Of public constants, which nobody has to send: how long an operation takes does not depend on values.</summary>
        public static async ValueTask<Operands> CreateAsync(MpcSession session, int count)
        {
            SecretTensor values = session.Constant(new TensorShape(count), 0.25);
            SecretTensor rows = session.Reshape(values, new TensorShape(count / Inner, Inner));
            using SecretTensor matrix = session.Constant(new TensorShape(Inner, WideColumns), 0.25);
            using SecretTensor narrow = session.Slice(matrix, 1, 0, Columns);
            return new Operands
            {
                One = session.Slice(values, 0, 0, 1),
                Values = values,
                Rows = rows,
                Row = session.Slice(rows, 0, 0, 1),
                Heads = session.Reshape(values, new TensorShape(8, 128, count / 1024)),
                Matrix = session.Pack(narrow),
                Wide = session.Pack(matrix),
                Bits = await session.LessThanZeroAsync(values, 32).ConfigureAwait(false),
            };
        }

        public void Dispose()
        {
            foreach (IDisposable secret in (IDisposable[])[One, Rows, Row, Heads, Matrix, Wide, Bits, Values])
            {
                secret.Dispose();
            }
        }
    }
}
