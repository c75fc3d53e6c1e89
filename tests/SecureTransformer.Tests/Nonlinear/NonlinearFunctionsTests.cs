using System.Text;
using SecureTransformer.Architectures;
using SecureTransformer.Models;

namespace SecureTransformer.Nonlinear;

/// <summary>The choice of functions, by model and by block.</summary>
public class NonlinearFunctionsTests
{
    private static BertConfig Triage => (BertConfig)ModelConfig.FromDirectory(BertRuns.TriageDirectory);

    [Theory]
    [InlineData("exact", "blocks 0 to 1: gelu and softmax; pooler: tanh")]
    [InlineData("puma", "blocks 0 to 1: gelu_puma and softmax_puma_5; pooler: tanh")]
    [InlineData("mpcformer", "blocks 0 to 1: gelu_quad and 2quad; pooler: tanh")]
    public void Presets_resolve_to_functions(string preset, string description)
    {
        Assert.Contains(preset, NonlinearFunctions.Presets);
        ModelFunctions functions = NonlinearFunctions.Load(preset).For(Triage);
        Assert.Equal(description, functions.Description);
        Assert.Equal(2, functions.Blocks.Count);
    }

    [Fact]
    public void What_the_configuration_says_decides_where_nothing_is_chosen()
    {
        BertConfig quad = Triage.WithFunctions(Activation.Quad, AttentionFunction.TwoQuad);
        Assert.Equal("blocks 0 to 1: gelu_quad and 2quad; pooler: tanh", NonlinearFunctions.Exact.For(quad).Description);
        Assert.Equal("blocks 0 to 1: gelu_quad and 2quad; pooler: tanh", NonlinearFunctions.Puma.For(quad).Description);
        BertConfig relu = Triage.WithFunctions(Activation.Relu, AttentionFunction.TwoRelu);
        Assert.Equal("blocks 0 to 1: relu and 2relu; pooler: tanh", NonlinearFunctions.Exact.For(relu).Description);
        Assert.Equal("blocks 0 to 1: relu and 2relu; pooler: tanh", ModelArchitecture.Create(relu).Functions.Description);
    }

    [Fact]
    public void Decoders_have_functions_of_their_own()
    {
        Assert.Equal("blocks 0 to 1: gelu_tanh and softmax", NonlinearFunctions.Exact.For(ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith"))).Description);

        // PUMA has no SiLU.
        string llama = NonlinearFunctions.Puma.For(ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("llama-story"))).Description;
        Assert.EndsWith(": silu and softmax_puma_5", llama, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_chooses_by_block_and_leaves_the_rest_to_the_default()
    {
        NonlinearFunctions functions = Parse("""{"layers": {"1": {"attention": "softmax"}}, "default": {"activation": "gelu_quad", "attention": "2quad"}, "pooler": "relu"}""");
        Assert.Equal("block 0: gelu_quad and 2quad; block 1: gelu_quad and softmax; pooler: relu", functions.For(Triage).Description);
        byte[] json = functions.ToJson();
        NonlinearFunctions again = NonlinearFunctions.Parse(json, "test");
        Assert.Equal(json, again.ToJson());
        Assert.Equal(functions.For(Triage).Description, again.For(Triage).Description);
        Assert.Equal("blocks 0 to 1: gelu and softmax; pooler: tanh", Parse("{}").For(Triage).Description);
    }

    [Theory]
    [InlineData("[]", "must be an object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("""{"default": {"activation": "gelu"}, "default": {}}""", "not valid JSON")]
    [InlineData("""{"defaults": {}}""", "'defaults' is not known; there are default, layers, pooler")]
    [InlineData("""{"default": {"softmax": "2quad"}}""", "'default.softmax' is not known; there are activation, attention")]
    [InlineData("""{"default": {"activation": "swish2"}}""", "default.activation: there is no function 'swish2'; there are model, puma, gelu")]
    [InlineData("""{"layers": {"3": {"attention": "3quad"}}}""", "layers.3.attention: there is no function '3quad'")]
    [InlineData("""{"layers": {"3": {"attention": "softmax_puma_13"}}}""", "there is no function 'softmax_puma_13'")]
    [InlineData("""{"layers": {"-1": {}}}""", "'layers.-1' is not the number of a block")]
    [InlineData("""{"layers": {"1": {}, "01": {}}}""", "given twice")]
    [InlineData("""{"layers": {"first": {}}}""", "'layers.first' is not the number")]
    [InlineData("""{"layers": []}""", "'layers' must be an object")]
    [InlineData("""{"default": {"activation": "\ud800"}}""", "half of a surrogate pair")]
    [InlineData("""{"\ud800": {}}""", "half of a surrogate pair")]
    [InlineData("""{"default": {"attention": 2}}""", "'default.attention' must be the name of a function")]
    [InlineData("""{"default": {"attention": ""}}""", "'default.attention' must be the name of a function")]
    [InlineData("""{"pooler": "puma"}""", "pooler: there is no function 'puma'")]
    public void What_is_wrong_in_a_file_is_named(string json, string problem)
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Parse(json));
        Assert.StartsWith("functions.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_choice_for_what_a_model_does_not_have_is_refused()
    {
        Assert.Contains("layers.2: the model", Assert.Throws<ArgumentException>(() => Parse("""{"layers": {"2": {}}}""").For(Triage)).Message, StringComparison.Ordinal);
        ModelConfig decoder = ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith"));
        Assert.Contains("pooler", Assert.Throws<ArgumentException>(() => Parse("""{"pooler": "relu"}""").For(decoder)).Message, StringComparison.Ordinal);
        Assert.Contains("exact, puma, mpcformer", Assert.Throws<FileNotFoundException>(() => NonlinearFunctions.Load("mpc-former")).Message, StringComparison.Ordinal);
    }

    /// <summary>Short enough for the handshake, and still other for others.</summary>
    [Fact]
    public void Long_descriptions_end_in_a_digest()
    {
        var config = new BertConfig { VocabSize = 7, HiddenSize = 4, NumHiddenLayers = 100, NumAttentionHeads = 2, IntermediateSize = 8, MaxPositionEmbeddings = 5 };
        string[] descriptions =
        [
            .. new[] { 98, 99 }.Select(odd => new NonlinearFunctions
            {
                Layers = Enumerable.Range(0, 100).Where(i => i % 2 == 0 || i == odd).ToDictionary(i => i, _ => new BlockChoice { Attention = "2relu" }),
            }.For(config).Description),
        ];
        Assert.All(descriptions, description => Assert.InRange(description.Length, 100, 512));
        Assert.Equal(descriptions[0][..400], descriptions[1][..400]);
        Assert.NotEqual(descriptions[0], descriptions[1]);
    }

    private static NonlinearFunctions Parse(string json) => NonlinearFunctions.Parse(Encoding.UTF8.GetBytes(json), "functions.json");
}
