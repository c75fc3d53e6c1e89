using System.CommandLine;
using SecureTransformer.Generation;

namespace SecureTransformer.Cli;

/// <summary>The options that say how tokens are chosen.</summary>
internal sealed class SamplingOptions
{
    private readonly Option<int> _count = new("--max-new-tokens") { Description = "The most tokens of the answer.", DefaultValueFactory = _ => 64 };
    private readonly Option<string> _sampling = CreateSampling();
    private readonly Option<double> _temperature = new("--temperature") { Description = "0 takes the likeliest token; above, up to 100, tokens are drawn, the more evenly the higher." };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Draw from the K likeliest tokens only. With --sampling client." };
    private readonly Option<double?> _topP = new("--top-p") { Description = "Draw from the likeliest tokens that together have this probability. With --sampling client." };
    private readonly Option<long?> _seed = new("--seed") { Description = "Draw the same tokens each time. With --sampling client." };
    private readonly Option<bool> _stopEarly = new("--stop-early") { Description = "Stop the parties when the text has ended. Saves the rest, and tells them the answer's length." };
    private readonly Option<bool> _fixedLength = new("--fixed-length") { Description = "Always compute --max-new-tokens tokens, so that the parties do not learn the answer's length; what comes after its end is not shown. The default." };

    /// <summary>The option <c>--sampling</c> by itself.</summary>
    public static Option<string> CreateSampling()
    {
        var option = new Option<string>("--sampling")
        {
            Description = "client: you receive the logits of each token and choose from them; many answers tell you much of the model. private: the parties choose on shares; you receive the token alone.",
            DefaultValueFactory = _ => "client",
        };
        option.AcceptOnlyFromAmong("client", "private");
        return option;
    }

    public static TokenSampling Parse(string sampling) => sampling == "private" ? TokenSampling.Private : TokenSampling.Client;

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_count, _sampling, _temperature, _topK, _topP, _seed, _stopEarly, _fixedLength])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What the options say.</summary>
    /// <exception cref="UsageException">They do not go together, or one is out of its range.</exception>
    public GenerationOptions ValueOf(ParseResult parsed)
    {
        if (parsed.GetValue(_stopEarly) && parsed.GetValue(_fixedLength))
        {
            throw new UsageException("Give either --stop-early or --fixed-length.");
        }

        var options = new GenerationOptions
        {
            MaxNewTokens = parsed.GetValue(_count),
            Sampling = Parse(parsed.GetValue(_sampling)!),
            Temperature = parsed.GetValue(_temperature),
            TopK = parsed.GetValue(_topK),
            TopP = parsed.GetValue(_topP),
            Seed = parsed.GetValue(_seed),
            StopEarly = parsed.GetValue(_stopEarly),
        };
        try
        {
            options.Validate();
            return options;
        }
        catch (ArgumentException error)
        {
            throw new UsageException(InOptions(error));
        }
    }

    /// <summary>The library's words, with the option in the place of the property.</summary>
    private string InOptions(ArgumentException error)
    {
        string text = error.Message.Split(" (Parameter")[0];
        string name = error.ParamName ?? "";
        string option = name switch
        {
            nameof(GenerationOptions.MaxNewTokens) => _count.Name,
            nameof(GenerationOptions.Temperature) => _temperature.Name,
            nameof(GenerationOptions.TopK) => _topK.Name,
            nameof(GenerationOptions.TopP) => _topP.Name,
            nameof(GenerationOptions.Seed) => _seed.Name,
            _ => "options",
        };
        return text.StartsWith(name, StringComparison.Ordinal) && name.Length > 0 ? string.Concat(option, text.AsSpan(name.Length)) : $"{option}: {text}";
    }
}
