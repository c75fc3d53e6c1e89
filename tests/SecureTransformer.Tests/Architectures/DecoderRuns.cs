using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Architectures;

/// <summary>Loads decoders from values in the clear, and runs programs on them on any protocol.</summary>
internal static class DecoderRuns
{
    public static readonly string[] Models = ["gpt2-arith", "llama-story"];

    public static string DirectoryOf(string model) => Path.Combine(AppContext.BaseDirectory, "Models", model);

    public static DecoderArchitecture ArchitectureOf(string model) => (DecoderArchitecture)ModelArchitecture.Create(ModelConfig.FromDirectory(DirectoryOf(model)));

    public static Func<WeightSpec, double[]> WeightsOf(string model)
    {
        var weights = ModelWeights.Open(DirectoryOf(model));
        return spec =>
        {
            double[] values = new double[spec.Shape.Count];
            WeightSource.Reader(weights, spec)(0, values);
            return values;
        };
    }

    /// <summary>Runs a program with a model at every party; what it gave at party 0.</summary>
    public static Task<T> RunAsync<T>(MpcProtocol protocol, string model, Func<MpcSession, DecoderModel, Task<T>> program, int? count = null) =>
        RunAsync(protocol, ArchitectureOf(model), WeightsOf(model), program, count: count);

    public static async Task<T> RunAsync<T>(
        MpcProtocol protocol,
        DecoderArchitecture architecture,
        Func<WeightSpec, double[]> values,
        Func<MpcSession, DecoderModel, Task<T>> program,
        IReadOnlyList<IPartyEndpoint>? endpoints = null,
        int? count = null)
    {
        await using LocalParties parties = endpoints is null ? LocalParties.Create(protocol, parties: count) : LocalParties.Create(protocol, endpoints);
        return await RunAsync(parties, architecture, values, program);
    }

    public static async Task<T> RunAsync<T>(
        LocalParties parties, DecoderArchitecture architecture, Func<WeightSpec, double[]> values, Func<MpcSession, DecoderModel, Task<T>> program)
    {
        T[] results = await parties.RunAsync(async session =>
        {
            using var model = (DecoderModel)await architecture.BuildAsync(session, (spec, ct) => session.InputAsync(0, spec.Shape, values(spec), cancellationToken: ct));
            await session.PrepareMatricesAsync();
            int before = session.OutstandingBuffers;
            T result;
            using (session.BeginScope())
            {
                result = await program(session, model);
            }

            Assert.Equal(before, session.OutstandingBuffers);
            return result;
        });
        return results[0];
    }

    /// <summary>The logits for new tokens of several sequences, opened.</summary>
    public static async Task<double[]> LogitsAsync(
        MpcSession session, DecoderModel model, KeyValueCache cache, int[][] ids, bool allRows = false, TensorObserver? observe = null)
    {
        using SessionScope scope = session.BeginScope();
        int[] flat = [.. ids.SelectMany(i => i)];
        SecretTensor tokens = await session.InputAsync(0, new TensorShape(flat.Length, model.Config.VocabSize), BertRuns.OneHot(flat, model.Config.VocabSize), 0);
        SecretTensor logits = await model.ForwardAsync(session, tokens, cache.Begin([.. ids.Select(i => i.Length)], allRows), observe);
        return await session.RevealAsync(logits);
    }

    /// <summary>Continues a prompt by the token with the largest logit.</summary>
    public static async Task<int[]> GreedyAsync(MpcSession session, DecoderModel model, int[] prompt, int count)
    {
        using KeyValueCache cache = model.CreateCache(session);
        var tokens = new List<int>();
        int[] next = prompt;
        while (tokens.Count < count)
        {
            tokens.Add(BertRuns.Top(await LogitsAsync(session, model, cache, [next])));
            next = [tokens[^1]];
        }

        return [.. tokens];
    }
}
