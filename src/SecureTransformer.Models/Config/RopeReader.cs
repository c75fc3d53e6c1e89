using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>
/// Reads rotary positions: <c>rope_theta</c> beside <c>rope_scaling</c>, or both within <c>rope_parameters</c> as newer files have it.
/// </summary>
internal static class RopeReader
{
    public const double DefaultTheta = 10000;

    private const string Llama3 = "llama3";

    public static (double Theta, Llama3RopeScaling? Scaling) Read(JsonFields config)
    {
        JsonFields? parameters = config.Object("rope_parameters");
        JsonFields? scaling = config.Object("rope_scaling");
        if (parameters is not null && scaling is not null)
        {
            throw config.Error("rope_scaling", "contradicts 'rope_parameters'; only one of them can be given");
        }

        double theta = parameters?.Number("rope_theta") ?? config.Number("rope_theta") ?? DefaultTheta;
        return (theta, (parameters ?? scaling) is { } source ? ReadScaling(source) : null);
    }

    public static void Write(Utf8JsonWriter writer, Llama3RopeScaling? scaling)
    {
        if (scaling is null)
        {
            return;
        }

        writer.WriteStartObject("rope_scaling");
        writer.WriteString("rope_type", Llama3);
        writer.WriteNumber("factor", scaling.Factor);
        writer.WriteNumber("low_freq_factor", scaling.LowFreqFactor);
        writer.WriteNumber("high_freq_factor", scaling.HighFreqFactor);
        writer.WriteNumber("original_max_position_embeddings", scaling.OriginalMaxPositionEmbeddings);
        writer.WriteEndObject();
    }

    private static Llama3RopeScaling? ReadScaling(JsonFields source)
    {
        if (source.Number("partial_rotary_factor") is { } part && part != 1)
        {
            throw source.Error("partial_rotary_factor", $"is {part}; supported is 1");
        }

        string key = source.Has("rope_type") || !source.Has("type") ? "rope_type" : "type";
        string type = source.RequiredString(key);
        return type switch
        {
            "default" => null,
            Llama3 => new Llama3RopeScaling
            {
                Factor = source.RequiredNumber("factor"),
                LowFreqFactor = source.RequiredNumber("low_freq_factor"),
                HighFreqFactor = source.RequiredNumber("high_freq_factor"),
                OriginalMaxPositionEmbeddings = source.RequiredCount("original_max_position_embeddings", ConfigBounds.Positions),
            },
            _ => throw source.Error(key, $"is '{Text.Printable(type)}'; supported are null, default and {Llama3}"),
        };
    }
}
