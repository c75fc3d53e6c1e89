using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation.Training;

/// <summary>
/// One stage of training: steps over random batches, each cut into shards of a few texts that are differentiated side by side and added up in order, so that the number of
/// threads changes nothing and a resumed stage is the same, bit for bit, as one that was not interrupted.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private const int ShardSize = 8;
    private const ulong OrderPurpose = 2;

    private readonly ParameterSet<float> _parameters;
    private readonly IReadOnlyList<LabelledText> _texts;
    private readonly Objective _objective;
    private readonly TrainingOptions _options;
    private readonly Shard[] _shards;
    private int[] _order = [];
    private int _orderOf = -1;

    /// <param name="config">The student's shapes and functions.</param>
    /// <param name="parameters">The student's parameters, which training changes; with gradients.</param>
    /// <param name="teacher">The teacher's shapes, functions and parameters; null without one.</param>
    /// <param name="texts">What it learns from.</param>
    /// <param name="objective">What becomes small.</param>
    /// <param name="options">How.</param>
    public Trainer(
        BertConfig config,
        ParameterSet<float> parameters,
        (BertConfig Config, ParameterSet<float> Parameters)? teacher,
        IReadOnlyList<LabelledText> texts,
        Objective objective,
        TrainingOptions options)
    {
        _parameters = parameters;
        _texts = texts;
        _objective = objective;
        _options = options;
        Optimizer = new AdamW(parameters);
        StepsAnEpoch = (texts.Count + options.BatchSize - 1) / options.BatchSize;
        Steps = checked(StepsAnEpoch * options.Epochs);
        _shards = [.. Enumerable.Range(0, (options.BatchSize + ShardSize - 1) / ShardSize).Select(_ => new Shard(config, parameters, teacher))];
    }

    public AdamW Optimizer { get; }

    /// <summary>The number of steps of the whole stage.</summary>
    public int Steps { get; }

    public int StepsAnEpoch { get; }

    /// <summary>Takes the next step; the mean objective of its texts, before it.</summary>
    public double Step()
    {
        int[] batch = Batch(Optimizer.Steps);
        int shards = (batch.Length + ShardSize - 1) / ShardSize;
        Parallel.For(0, shards, new ParallelOptions { MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism }, i =>
        {
            int[] own = batch[(i * ShardSize)..Math.Min(batch.Length, (i + 1) * ShardSize)];
            _shards[i].Run(_objective, [.. own.Select(text => _texts[text])]);
        });
        double loss = Gather(batch.Length, shards);
        Shorten();
        Optimizer.Step((float)RateAt(Optimizer.Steps), (float)_options.WeightDecay);
        return loss;
    }

    public void Dispose()
    {
        foreach (Shard shard in _shards)
        {
            shard.Clear();
        }
    }

    /// <summary>The texts of a step. Each epoch has an order of its own.</summary>
    private int[] Batch(int step)
    {
        (int epoch, int place) = Math.DivRem(step, StepsAnEpoch);
        if (_orderOf != epoch)
        {
            using AesCtrPrg random = RandomSource.Create(_options.Seed, OrderPurpose + ((ulong)epoch << 32));
            (_order, _orderOf) = (RandomSource.Permutation(random, _texts.Count), epoch);
        }

        int first = place * _options.BatchSize;
        return _order[first..Math.Min(_order.Length, first + _options.BatchSize)];
    }

    /// <summary>The shards' gradients, each weighted by its texts, added up in order.</summary>
    private double Gather(int texts, int shards)
    {
        _parameters.ClearGradients();
        double loss = 0;
        for (int i = 0; i < shards; i++)
        {
            float weight = (float)_shards[i].Texts / texts;
            loss += weight * _shards[i].Loss;
            for (int p = 0; p < _parameters.Values.Count; p++)
            {
                MatrixProduct.AddScaled(weight, _shards[i].Gradient(p), _parameters.Values[p].Gradient);
            }
        }

        return loss;
    }

    private void Shorten()
    {
        double squares = _parameters.Values.Sum(v => (double)System.Numerics.Tensors.TensorPrimitives.SumOfSquares<float>(v.Gradient));
        double norm = Math.Sqrt(squares);
        if (_options.GradientNorm > 0 && norm > _options.GradientNorm)
        {
            foreach (Variable<float> value in _parameters.Values)
            {
                System.Numerics.Tensors.TensorPrimitives.Multiply(value.Gradient, (float)(_options.GradientNorm / norm), value.Gradient);
            }
        }
    }

    /// <summary>Up in a tenth of the steps, then down to zero.</summary>
    private double RateAt(int step)
    {
        int rising = Math.Max(1, Steps / 10);
        return _options.LearningRate * (step < rising ? (step + 1.0) / rising : (double)(Steps - step) / Math.Max(1, Steps - rising));
    }

    /// <summary>A few texts' forward and backward pass over the common parameters, with gradients of its own.</summary>
    private sealed class Shard
    {
        private readonly Tape<float> _tape = new();
        private readonly Tape<float> _teacherTape = new(differentiates: false);
        private readonly ParameterSet<float> _own;
        private readonly BertNetwork<float> _student;
        private readonly BertNetwork<float>? _teacher;

        public Shard(BertConfig config, ParameterSet<float> parameters, (BertConfig Config, ParameterSet<float> Parameters)? teacher)
        {
            _own = parameters.Share(differentiated: true);
            _student = new BertNetwork<float>(config, _own);
            _teacher = teacher is { } other ? new BertNetwork<float>(other.Config, other.Parameters.Share(differentiated: false)) : null;
        }

        public int Texts { get; private set; }

        public double Loss { get; private set; }

        public ReadOnlySpan<float> Gradient(int parameter) => _own.Values[parameter].Gradient;

        public void Run(Objective objective, LabelledText[] texts)
        {
            _own.ClearGradients();
            var batch = new TextBatch([.. texts.Select(t => t.Tokens)], [.. texts.Select(t => t.Label)]);
            BertActivations<float>? teacher = _teacher?.Forward(_teacherTape, batch);
            Variable<float> loss = objective(_tape, _student.Forward(_tape, batch), teacher, batch);
            _tape.Differentiate(loss);
            (Texts, Loss) = (texts.Length, loss.Values[0]);
            Clear();
        }

        public void Clear()
        {
            _tape.Clear();
            _teacherTape.Clear();
        }
    }
}
