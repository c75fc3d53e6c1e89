using SecureTransformer.Generation;
using SecureTransformer.Models;

namespace SecureTransformer.Hosting;

/// <summary>Refuses prompts that a model cannot continue, naming positions and numbers, never tokens.</summary>
internal sealed class PromptCheck(DecoderConfig config)
{
    /// <param name="prompts">The new tokens of each sequence.</param>
    /// <param name="before">The tokens before them in each.</param>
    /// <param name="options">The answer that is asked for.</param>
    public void Require(IReadOnlyList<IReadOnlyList<int>> prompts, IReadOnlyList<int> before, GenerationOptions options)
    {
        options.Validate();
        RequireTokens(options.EndTokenIds ?? [], nameof(options.EndTokenIds));
        if (prompts.Count != before.Count || prompts.Count == 0)
        {
            throw new ArgumentException($"{prompts.Count} prompts for {before.Count} sequences.", nameof(prompts));
        }

        for (int sequence = 0; sequence < prompts.Count; sequence++)
        {
            IReadOnlyList<int> prompt = prompts[sequence] ?? throw new ArgumentNullException(nameof(prompts));
            if (prompt.Count == 0)
            {
                throw new ArgumentException("The prompt is empty; it has at least one token.", nameof(prompts));
            }

            RequireTokens(prompt, nameof(prompts));
            long length = (long)before[sequence] + prompt.Count + options.MaxNewTokens - 1;
            if (length > config.MaxPositionEmbeddings)
            {
                string earlier = before[sequence] == 0 ? "" : $"{before[sequence]} tokens of the conversation, ";
                throw new ArgumentException(
                    $"{earlier}{prompt.Count} tokens of the prompt and up to {options.MaxNewTokens} new ones do not fit into the model's context of {config.MaxPositionEmbeddings}. Shorten the prompt or ask for fewer new tokens.",
                    nameof(prompts));
            }
        }
    }

    private void RequireTokens(IReadOnlyList<int> ids, string name)
    {
        for (int i = 0; i < ids.Count; i++)
        {
            if (ids[i] < 0 || ids[i] >= config.VocabSize)
            {
                throw new ArgumentException($"The token at position {i} is outside the vocabulary of {config.VocabSize}.", name);
            }
        }
    }
}
