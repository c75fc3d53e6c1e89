using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

internal static class SmallModels
{
    public static BertConfig Config(Activation activation, AttentionFunction attention, int hidden = 16, int intermediate = 32, int vocabulary = 200, int layers = 1) => new()
    {
        Architectures = ["BertForSequenceClassification"],
        VocabSize = vocabulary,
        HiddenSize = hidden,
        NumHiddenLayers = layers,
        NumAttentionHeads = 2,
        IntermediateSize = intermediate,
        MaxPositionEmbeddings = 48,
        HiddenAct = activation,
        SoftmaxAct = attention,
        LayerNormEps = 1e-5,
        Labels = ["routine", "urgent"],
    };
}
