using System.Globalization;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;

namespace SecureTransformer.Hosting;

/// <summary>What stored material is for, as its description says it: "classify 128 tokens, configuration 0f3a..., functions 91c2...", or "generate 4 tokens behind 16, chosen by the client, configuration 0f3a..., functions 91c2...".</summary>
internal sealed class PreprocessedProgram
{
    private const string Classify = "classify";
    private const string Generate = "generate";

    private PreprocessedProgram(string kind, int length, int newTokens, string choice, string configurationDigest, string functionsDigest)
    {
        Kind = kind;
        Length = length;
        NewTokens = newTokens;
        Choice = choice;
        ConfigurationDigest = configurationDigest;
        FunctionsDigest = functionsDigest;
    }

    /// <summary>A kind of request: "classify" or "generate".</summary>
    public string Kind { get; }

    /// <summary>The tokens of a text or a prompt.</summary>
    public int Length { get; }

    /// <summary>The tokens of the answer; 0 for a classification.</summary>
    public int NewTokens { get; }

    /// <summary>How tokens are chosen; empty for a classification.</summary>
    public string Choice { get; }

    public string ConfigurationDigest { get; }

    /// <summary>The digest of the description of the functions that the model is computed with.</summary>
    public string FunctionsDigest { get; }

    public static PreprocessedProgram Classification(ModelConfig config, NonlinearFunctions functions, int length) =>
        new(Classify, length, 0, "", PublicDigest.Of(config), PublicDigest.OfText(functions.For(config).Description));

    public static PreprocessedProgram Generation(ModelConfig config, NonlinearFunctions functions, int length, int newTokens, string choice) =>
        new(Generate, length, newTokens, choice, PublicDigest.Of(config), PublicDigest.OfText(functions.For(config).Description));

    /// <summary>Reads a description; null where it is of something else.</summary>
    public static PreprocessedProgram? Parse(string text)
    {
        string[] words = text.Split(' ');
        return words switch
        {
            [Classify, var length, "tokens,", "configuration", var digest, "functions", var functions]
                when Number(length) is { } n => new PreprocessedProgram(Classify, n, 0, "", digest.TrimEnd(','), functions),
            [Generate, var made, "tokens", "behind", var length, "chosen", "by", var choice, "configuration", var digest, "functions", var functions]
                when Number(made) is { } m && Number(length.TrimEnd(',')) is { } n => new PreprocessedProgram(Generate, n, m, choice.TrimEnd(','), digest.TrimEnd(','), functions),
            _ => null,
        };
    }

    public override string ToString() => Kind == Classify
        ? string.Create(CultureInfo.InvariantCulture, $"{Classify} {Length} tokens, configuration {ConfigurationDigest}, functions {FunctionsDigest}")
        : string.Create(CultureInfo.InvariantCulture, $"{Generate} {NewTokens} tokens behind {Length}, chosen by {Choice}, configuration {ConfigurationDigest}, functions {FunctionsDigest}");

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;
}
