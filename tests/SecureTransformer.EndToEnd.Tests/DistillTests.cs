using System.Text.Json;
using SecureTransformer.Models;

namespace SecureTransformer.EndToEnd.Tests;

public class DistillTests
{
    [Fact]
    public async Task A_student_of_the_shipped_model_is_written_and_compared()
    {
        using var folder = new TemporaryFolder();
        string[] sentences = [.. Enumerable.Range(0, 40).SelectMany(i => (string[])[$"urgent\tmy mother cannot breathe since {i % 7} hours.", $"routine\ti need a new appointment for next week {i % 5}."])];
        File.WriteAllLines(folder["data.tsv"], sentences);
        ToolResult result = (await Tool.RunAsync(
            120, "distill", "--teacher", TemporaryFolder.Model, "--data", folder["data.tsv"], "--out", folder["student"], "--hidden-epochs", "1", "--logit-epochs", "1",
            "--held-out", folder["data.tsv"], "--json", folder["out.json"])).AssertSucceeded();
        Assert.DoesNotContain("breathe", result.Output + result.Errors, StringComparison.Ordinal);
        var config = (BertConfig)ModelConfig.FromDirectory(folder["student"]);
        Assert.Equal((Activation.Quad, AttentionFunction.TwoQuad), (config.HiddenAct, config.SoftmaxAct));
        Assert.Equal(TokenizerLoader.FromDirectory(TemporaryFolder.Model).VocabularySize, TokenizerLoader.FromDirectory(folder["student"]).VocabularySize);
        using var document = JsonDocument.Parse(File.ReadAllBytes(folder["out.json"]));
        Assert.Equal(80, document.RootElement.GetProperty("sentences").GetInt32());
        Assert.InRange(document.RootElement.GetProperty("teacher_accuracy").GetDouble(), 0, 1);
    }

    [Fact]
    public async Task Damaged_sentences_and_other_models_are_named()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["bad.tsv"], "urgent\tfine\nno tab\n");
        (await Tool.RunAsync(60, "distill", "--teacher", TemporaryFolder.Model, "--data", folder["bad.tsv"], "--out", folder["student"])).AssertFailed("bad.tsv", "line 2");
        (await Tool.RunAsync(60, "distill", "--teacher", folder["none"], "--data", folder["bad.tsv"], "--out", folder["student"])).AssertFailed("none");
        Assert.Equal(2, (await Tool.RunAsync(60, "distill", "--teacher", TemporaryFolder.Model)).ExitCode);
    }
}
