using System.Buffers.Binary;
using System.Text.Json;

namespace SecureTransformer.EndToEnd.Tests;

public class CalibrateTests
{
    private const string Texts = "my mother cannot breathe.\n\ni need a new appointment for next week.\n";

    [Fact]
    public async Task The_shipped_model_fits_and_every_part_is_shown_and_written()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["texts.txt"], Texts);
        ToolResult result = (await Tool.RunAsync(60, "calibrate", "--model", TemporaryFolder.Model, "--texts", folder["texts.txt"], "--json", folder["out.json"])).AssertSucceeded();
        Assert.Contains("headroom bits", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("TOO LARGE", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("breathe", result.Output + result.Errors, StringComparison.Ordinal);

        using var document = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        JsonElement root = document.RootElement;
        Assert.Equal(
            ["model", "precision_bits", "texts", "tokens", "fits", "suggested_precision_bits", "fixed_point_failure", "comparison_bits", "operations"],
            root.EnumerateObject().Select(p => p.Name));
        Assert.Equal((2, 18, true), (root.GetProperty("texts").GetInt32(), root.GetProperty("precision_bits").GetInt32(), root.GetProperty("fits").GetBoolean()));
        JsonElement[] operations = [.. root.GetProperty("operations").EnumerateArray()];
        Assert.All(operations, o => Assert.True(o.GetProperty("headroom_bits").GetDouble() > 0));
        foreach (string part in (string[])["embeddings", "encoder.layer.0/attention", "encoder.layer.1/feed-forward", "pooler", "classifier"])
        {
            Assert.Contains(operations, o => o.GetProperty("part").GetString() == part && o.GetProperty("operation").GetString() == "matmul");
            Assert.Contains(part, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_model_that_does_not_fit_is_refused_and_the_suggestion_works()
    {
        using var folder = new TemporaryFolder();
        string model = folder.CopyModel();
        Scale(Path.Combine(model, "model.safetensors"), "bert.encoder.layer.1.output.dense.weight", 3e4f);
        File.WriteAllText(folder["texts.txt"], Texts);
        ToolResult refused = await Tool.RunAsync(60, "calibrate", "--model", model, "--texts", folder["texts.txt"], "--json", folder["out.json"]);
        refused.AssertFailed("encoder.layer.1/feed-forward/norm", "--precision-bits");
        Assert.Contains("TOO LARGE", refused.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        Assert.False(document.RootElement.GetProperty("fits").GetBoolean());
        string bits = document.RootElement.GetProperty("suggested_precision_bits").GetRawText();
        Assert.Contains($"--precision-bits {bits} ", refused.Errors, StringComparison.Ordinal);
        (await Tool.RunAsync(60, "calibrate", "--model", model, "--texts", folder["texts.txt"], "--precision-bits", bits)).AssertSucceeded();
    }

    [Fact]
    public async Task Missing_and_empty_files_are_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["empty.txt"], " \n\n");
        (await Tool.RunAsync(30, "calibrate", "--model", TemporaryFolder.Model, "--texts", folder["none.txt"])).AssertFailed("none.txt");
        (await Tool.RunAsync(30, "calibrate", "--model", TemporaryFolder.Model, "--texts", folder["empty.txt"])).AssertFailed("empty.txt", "no text");
        Assert.Equal(2, (await Tool.RunAsync(30, "calibrate", "--model", TemporaryFolder.Model)).ExitCode);
    }

    private static void Scale(string path, string tensor, float factor)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int start = 8 + (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, start - 8));
        int[] offsets = [.. header.RootElement.GetProperty(tensor).GetProperty("data_offsets").EnumerateArray().Select(e => e.GetInt32())];
        for (int i = start + offsets[0]; i < start + offsets[1]; i += 4)
        {
            Span<byte> value = bytes.AsSpan(i, 4);
            BinaryPrimitives.WriteSingleLittleEndian(value, factor * BinaryPrimitives.ReadSingleLittleEndian(value));
        }

        File.WriteAllBytes(path, bytes);
    }
}
