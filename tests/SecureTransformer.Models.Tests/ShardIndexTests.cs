namespace SecureTransformer.Models.Tests;

public sealed class ShardIndexTests : IDisposable
{
    private const string One = """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
    private const string Two = """{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Shards_are_one_view_by_name()
    {
        _directory.Write("model-00001-of-00002.safetensors", SafetensorsBuilder.File(One, 4));
        _directory.Write("model-00002-of-00002.safetensors", SafetensorsBuilder.File(Two, 4));
        _directory.Write("model.safetensors.index.json", """
            {"metadata":{"total_size":8},"weight_map":{"b":"model-00002-of-00002.safetensors","a":"model-00001-of-00002.safetensors"}}
            """);
        using ModelWeights weights = ModelWeights.Open(_directory.Path);
        Assert.Equal(["a", "b"], weights.Names);
        Assert.True(weights.Contains("b"));
        Assert.False(weights.Contains("c"));
        Assert.EndsWith("model-00002-of-00002.safetensors", weights.Find("b").File, StringComparison.Ordinal);
        double[] value = [7, 7];
        weights.Read("b", 0, value);
        Assert.Equal([0.0, 0.0], value);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":"../x.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"..\\x.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"/etc/x.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"C:x.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"sub/x.safetensors"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":"config.json"}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":""}}""", "plain name")]
    [InlineData("""{"weight_map":{"a":5}}""", "'weight_map.a' must be a string")]
    [InlineData("""{"weight_map":{"a":"gone.safetensors"}}""", "shard 'gone.safetensors' of tensor 'a' is missing")]
    [InlineData("""{"weight_map":{"z":"one.safetensors"}}""", "'z' is not in its shard")]
    [InlineData("""{"weight_map":{"a":"one.safetensors","a":"one.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":{}}""", "names no tensor")]
    [InlineData("""{"weight_map":[]}""", "'weight_map' must be an object")]
    [InlineData("""{}""", "'weight_map' is missing")]
    [InlineData("""[]""", "no JSON object")]
    public void A_bad_index_is_refused_with_file_and_reason(string index, string reason)
    {
        _directory.Write("one.safetensors", SafetensorsBuilder.File(One, 4));
        string path = _directory.Write("model.safetensors.index.json", index);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => ModelWeights.Open(_directory.Path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_without_weights_says_what_it_wants()
    {
        _directory.Write("pytorch_model.bin", "x");
        FileNotFoundException e = Assert.Throws<FileNotFoundException>(() => ModelWeights.Open(_directory.Path));
        Assert.Contains("model.safetensors", e.Message, StringComparison.Ordinal);
        Assert.Contains("pickle", e.Message, StringComparison.Ordinal);
    }
}
