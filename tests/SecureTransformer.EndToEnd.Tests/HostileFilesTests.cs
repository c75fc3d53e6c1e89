using System.Text;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Damaged and foreign files: an error that names the thing, exit code 1, no child left.</summary>
public class HostileFilesTests
{
    [Theory]
    [InlineData("memory")]
    [InlineData("tcp")]
    public Task A_truncated_weights_file(string transport) => FailsAsync(
        model => Rewrite(model, bytes => bytes[..^1000]), transport, "model.safetensors");

    [Fact]
    public Task An_offset_past_the_end() => FailsAsync(
        model => Replace(model, "\"data_offsets\":[", "\"data_offsets\":[9"), "memory", "model.safetensors");

    [Fact]
    public Task A_header_of_2_to_the_60_bytes() => FailsAsync(
        model => Rewrite(model, bytes => [.. BitConverter.GetBytes(1L << 60), .. bytes[8..]]), "memory", "model.safetensors", "1152921504606846976");

    [Fact]
    public Task A_missing_tensor() => FailsAsync(
        model => Replace(model, "\"classifier.bias\"", "\"classifier.bits\""), "tcp", "classifier.bias");

    [Fact]
    public Task A_vocabulary_that_lacks_a_line() => FailsAsync(
        model => Vocabulary(model, lines => lines[..^1]), "memory", "vocabulary", "183", "184");

    [Fact]
    public Task A_vocabulary_that_lacks_a_special_token() => FailsAsync(
        model => Vocabulary(model, lines => [.. lines.Select(l => l == "[SEP]" ? "[SOP]" : l)]), "memory", "vocab.txt", "[SEP]");

    [Fact]
    public Task A_configuration_of_another_architecture() => FailsAsync(
        model => File.WriteAllText(Path.Combine(model, "config.json"), """{ "model_type": "mamba" }"""), "memory", "config.json", "mamba");

    [Fact]
    public Task A_weight_beyond_the_range() => FailsAsync(
        model => Rewrite(model, bytes =>
        {
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), 1e30f);
            return bytes;
        }), "tcp", "classifier.bias");

    [Fact]
    public async Task Cases_that_are_none()
    {
        using var folder = new TemporaryFolder();
        await Fails("{", "cases.json is no JSON");
        await Fails("""{ "cases": 1 }""", "no array 'cases'");
        await Fails("""{ "generations": {} }""", "no array 'generations'");
        await Fails("""{ "generations": [ { "name": "a" } ] }""", "generation 0 has neither 'prompt_ids' nor 'prompt_text'");
        await Fails("""{ "generations": [ { "prompt_ids": [1] } ] }""", "generation 0 has no 'name'");
        await Fails("""{ "generations": [ { "name": "a", "prompt_ids": ["b"] } ] }""", "prompt_ids");
        await Fails("""{ "texts": [] }""", "no array 'cases', and none 'generations'");
        await Fails("""{ "cases": [ { "input_ids": [1] } ] }""", "case 0 has no 'name'");
        await Fails("""{ "cases": [ { "name": "a", "input_ids": [1.5] } ] }""", "input_ids");
        await Fails("""{ "cases": [ { "name": "a", "input_ids": [100000] } ] }""", "InputIds");

        async Task Fails(string cases, string thing)
        {
            File.WriteAllText(folder["cases.json"], cases);
            (await Tool.RunAsync(20, "infer", "--model", TemporaryFolder.Model, "--cases", folder["cases.json"], "--protocol", "plaintext")).AssertFailed(thing);
        }
    }

    private static async Task FailsAsync(Action<string> spoil, string transport, params string[] things)
    {
        using var folder = new TemporaryFolder();
        string model = folder.CopyModel();
        spoil(model);
        using var tool = Tool.Start(folder.Path, ["infer", "--model", model, "--text", "pain.", "--transport", transport, "--timeout", "10"]);
        (await tool.ExitAsync(30)).AssertFailed(things);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path, "secure-transformer-*"));
    }

    private static void Rewrite(string model, Func<byte[], byte[]> change)
    {
        string file = Path.Combine(model, "model.safetensors");
        File.WriteAllBytes(file, change(File.ReadAllBytes(file)));
    }

    /// <summary>Changes the first occurrence within the header.</summary>
    private static void Replace(string model, string what, string by) => Rewrite(model, bytes =>
    {
        int length = (int)BitConverter.ToInt64(bytes);
        string header = Encoding.UTF8.GetString(bytes, 8, length);
        int at = header.IndexOf(what, StringComparison.Ordinal);
        Assert.True(at >= 0);
        byte[] changed = Encoding.UTF8.GetBytes(header[..at] + by + header[(at + what.Length)..]);
        return [.. BitConverter.GetBytes((long)changed.Length), .. changed, .. bytes[(8 + length)..]];
    });

    private static void Vocabulary(string model, Func<string[], string[]> change)
    {
        string file = Path.Combine(model, "vocab.txt");
        File.WriteAllLines(file, change(File.ReadAllLines(file)));
    }
}
