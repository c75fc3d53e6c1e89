namespace SecureTransformer.Models;

/// <summary>
/// How Llama 3.1 and later slow down their rotary frequencies for long contexts. With the wavelength w of a frequency and the original
/// context n, w &lt; n / <see cref="HighFreqFactor"/> stays as it is, w &gt; n / <see cref="LowFreqFactor"/> is divided by <see cref="Factor"/>,
/// and between the two the frequency is blended linearly in n / w.
/// </summary>
public sealed class Llama3RopeScaling
{
    /// <summary>What slow frequencies are divided by; at least 1.</summary>
    public required double Factor { get; init; }

    /// <summary>Turns within the original context below which a frequency is slow.</summary>
    public required double LowFreqFactor { get; init; }

    /// <summary>Turns within the original context above which a frequency is fast.</summary>
    public required double HighFreqFactor { get; init; }

    /// <summary>The context with which the model was trained at first, in tokens.</summary>
    public required int OriginalMaxPositionEmbeddings { get; init; }
}
