using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;

namespace SecureTransformer.Hosting;

/// <summary>Refuses turns beyond what a party serves, from their public sizes, before anything is taken for them.</summary>
internal sealed class TurnCheck(PartyHostOptions options, DecoderConfig config)
{
    private const int BytesPerElement = 2 * sizeof(ulong);

    public void Require(GenerationTurn turn, KeyValueCache cache)
    {
        if (turn.NewTokens.Length != cache.Sequences || turn.Kept.Length != cache.Sequences)
        {
            throw new RefusalException($"the turn has {turn.NewTokens.Length} sequences, the conversation {cache.Sequences}");
        }

        long total = 0;
        for (int sequence = 0; sequence < cache.Sequences; sequence++)
        {
            if (turn.Kept[sequence] < 0 || turn.Kept[sequence] > cache.LengthOf(sequence))
            {
                throw new RefusalException($"the turn keeps {turn.Kept[sequence]} tokens of a sequence of {cache.LengthOf(sequence)}");
            }

            // The last token of the answer is not computed on.
            long length = (long)turn.Kept[sequence] + turn.NewTokens[sequence] + turn.MaxNewTokens - 1;
            total += length;
            if (turn.NewTokens[sequence] < 1 || turn.MaxNewTokens < 1 || length > config.MaxPositionEmbeddings)
            {
                throw new RefusalException(
                    $"a sequence of {turn.Kept[sequence]} + {turn.NewTokens[sequence]} tokens and an answer of {turn.MaxNewTokens} are asked for; each has at least one token, and the model's context is {config.MaxPositionEmbeddings}");
            }
        }

        if (total > options.MaxTokens)
        {
            throw new RefusalException($"the conversation would have {total} tokens; this party takes {options.MaxTokens}");
        }

        long bytes = BytesOf(turn, total);
        if (bytes > options.MaxRequestBytes)
        {
            throw new RefusalException($"the turn needs about {bytes >> 20} MiB of memory; this party has {options.MaxRequestBytes >> 20} MiB for one. Ask for fewer tokens at once");
        }

        if (!turn.Private && options.RequirePrivateSampling)
        {
            throw new RefusalException("this party takes part in private sampling only: clients get tokens and no logits");
        }

        if (turn.Private && !(turn.Temperature >= 0 && turn.Temperature <= PrivateChoice.MaxTemperature))
        {
            throw new RefusalException($"the temperature is not between 0 and {PrivateChoice.MaxTemperature}");
        }
    }

    /// <summary>
    /// Memory of a turn, roughly: the one-hot rows of a run of the prompt, logits and what choosing by them takes, the widest layer, and the cache.
    /// </summary>
    private long BytesOf(GenerationTurn turn, long tokens)
    {
        long rows = turn.NewTokens.Sum(n => (long)n);
        long logits = (long)turn.NewTokens.Length * config.VocabSize * (turn.Private ? 6 : 2);
        long layer = rows * ((4L * config.IntermediateSize) + (8L * config.HiddenSize));
        long cached = tokens * config.NumHiddenLayers * 2 * config.NumKeyValueHeads * config.HeadSize;
        return BytesPerElement * ((Math.Min(rows, PromptRuns.Length) * config.VocabSize) + logits + layer + cached);
    }
}
