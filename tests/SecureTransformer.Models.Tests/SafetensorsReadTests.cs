using System.Buffers.Binary;
using System.Text;

namespace SecureTransformer.Models.Tests;

public sealed class SafetensorsReadTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Header_is_listed_with_shapes_types_and_positions()
    {
        byte[] bytes = SafetensorsBuilder.Small();
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("small.safetensors", bytes));

        Assert.Equal(["a", "b"], file.Names);
        TensorInfo a = file.Find("a");
        Assert.Equal([2L, 3L], a.Shape);
        Assert.Equal(6, a.ElementCount);
        Assert.Equal(TensorDType.F32, a.DType);
        Assert.Equal(bytes.Length - 26, a.Offset);
        Assert.Equal(24, a.ByteLength);
        Assert.Empty(file.Find("b").Shape);
        Assert.Equal(1, file.Find("b").ElementCount);
    }

    [Theory]
    [InlineData(0, 6)]
    [InlineData(2, 3)]
    [InlineData(5, 1)]
    [InlineData(6, 0)]
    public void A_block_is_read_from_its_place(int start, int count)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("small.safetensors", SafetensorsBuilder.Small()));
        double[] doubles = new double[count];
        float[] floats = new float[count];
        file.Read("a", start, doubles);
        file.Read("a", start, floats);

        Assert.Equal(Enumerable.Range(start, count).Select(i => (double)i), doubles);
        Assert.Equal(Enumerable.Range(start, count).Select(i => (float)i), floats);
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(6, 1)]
    [InlineData(0, 7)]
    [InlineData(long.MaxValue, 1)]
    public void A_block_outside_the_tensor_is_an_argument_error(long start, int count)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("small.safetensors", SafetensorsBuilder.Small()));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read("a", start, new double[count]));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Read("a", start, new float[count]));
    }

    [Theory]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Every_16_bit_pattern_is_widened_exactly(string dtype)
    {
        byte[] data = new byte[2 << 16];
        for (int i = 0; i < 1 << 16; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2 * i), (ushort)i);
        }

        string header = $$$"""{"t":{"dtype":"{{{dtype}}}","shape":[65536],"data_offsets":[0,131072]}}""";
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("t.safetensors", SafetensorsBuilder.File(Encoding.UTF8.GetBytes(header), data)));
        double[] doubles = new double[65536];
        float[] floats = new float[65536];
        file.Read("t", 0, doubles);
        file.Read("t", 0, floats);

        for (int i = 0; i < 1 << 16; i++)
        {
            double expected = dtype == "F16" ? Binary(i, 10, 5) : Binary(i, 7, 8);
            Assert.Equal(expected, doubles[i]);
            Assert.Equal((float)expected, floats[i]);
        }
    }

    [Fact]
    public void A_tensor_longer_than_the_internal_block_is_read_whole()
    {
        const int n = (1 << 20) + 12_345;
        byte[] data = new byte[4 * n];
        for (int i = 0; i < n; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), i * 0.5f);
        }

        string header = $$$"""{"t":{"dtype":"F32","shape":[{{{n}}}],"data_offsets":[0,{{{4 * n}}}]}}""";
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("t.safetensors", SafetensorsBuilder.File(Encoding.UTF8.GetBytes(header), data)));
        double[] doubles = new double[n - 1];
        file.Read("t", 1, doubles);
        Assert.All(Enumerable.Range(0, n - 1), i => Assert.Equal((i + 1) * 0.5, doubles[i]));
    }

    [Fact]
    public void An_unreadable_type_is_listed_and_named_when_read()
    {
        byte[] bytes = SafetensorsBuilder.File("""{"ids":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}}""", 16);
        string path = _directory.Write("t.safetensors", bytes);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.False(file.Find("ids").IsReadable);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read("ids", 0, new double[2]));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("'ids'", e.Message, StringComparison.Ordinal);
        Assert.Contains("I64", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_shrinks_after_opening_is_named_with_tensor_and_offset()
    {
        byte[] bytes = SafetensorsBuilder.Small();
        string path = _directory.Write("small.safetensors", bytes);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        if (OperatingSystem.IsWindows())
        {
            Assert.Throws<IOException>(() => Truncate(path, bytes.Length - 20));
            return;
        }

        Truncate(path, bytes.Length - 20);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => file.Read("a", 0, new double[6]));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("'a'", e.Message, StringComparison.Ordinal);
        Assert.Contains($"offset {bytes.Length - 20}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_tensor_brings_the_names_close_to_it()
    {
        byte[] bytes = SafetensorsBuilder.File(
            """{"transformer.h.0.ln.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"lm_head":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8);
        string path = _directory.Write("model.safetensors", bytes);
        using ModelWeights weights = ModelWeights.Open(_directory.Path);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => weights.Find("h.0.ln.weight"));
        Assert.Contains("'h.0.ln.weight' is missing in " + path, e.Message, StringComparison.Ordinal);
        Assert.Contains("transformer.h.0.ln.weight", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("lm_head", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_shipped_model_has_the_shapes_of_its_configuration()
    {
        string directory = Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");
        using ModelWeights weights = ModelWeights.Open(directory);
        var config = Assert.IsType<BertConfig>(ModelConfig.FromDirectory(directory));

        Assert.Equal(41, weights.Names.Count);
        TensorInfo words = weights.Find("bert.embeddings.word_embeddings.weight", [config.VocabSize, config.HiddenSize]);
        Assert.Contains("[184, 64]", Assert.Throws<InvalidDataException>(() => weights.Find(words.Name, [64, 184])).Message, StringComparison.Ordinal);
        float[] row = new float[config.HiddenSize];
        weights.Read(words.Name, 3 * config.HiddenSize, row);
        Assert.All(row, x => Assert.True(float.IsFinite(x)));
        Assert.Contains(row, x => x != 0);
    }

    private static double Binary(int bits, int mantissaBits, int exponentBits)
    {
        int mantissa = bits & ((1 << mantissaBits) - 1);
        int exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
        int bias = (1 << (exponentBits - 1)) - 1;
        double sign = bits >> 15 == 0 ? 1 : -1;
        if (exponent == (1 << exponentBits) - 1)
        {
            return mantissa == 0 ? sign * double.PositiveInfinity : double.NaN;
        }

        return exponent == 0
            ? sign * Math.ScaleB(mantissa, 1 - bias - mantissaBits)
            : sign * Math.ScaleB(mantissa + (1 << mantissaBits), exponent - bias - mantissaBits);
    }

    private static void Truncate(string path, int length)
    {
        using var writer = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        writer.SetLength(length);
    }
}
