namespace SecureTransformer.Models.Tests;

/// <summary>Files made to take time or memory out of proportion.</summary>
public class BytePairBombTests
{
    [Fact]
    public void A_decoder_that_multiplies_text_is_refused()
    {
        string Replace(int length) => $$"""{"type":"Replace","pattern":{"String":"a"},"content":"{{new string('a', length)}}"}""";
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read("", $"{Replace(16)},{Replace(2)}"));
        Assert.Contains("more than 16 times longer", error.Message, StringComparison.Ordinal);
        Assert.Equal("aaaaaaaa", Read("", $"{Replace(4)},{Replace(2)}").CreateDecoder().Append(0));
    }

    [Fact]
    public void Added_tokens_of_great_length_are_refused()
    {
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => Read(Added(257), """{"type":"ByteFallback"}"""));
        Assert.Contains("more than 256 characters", error.Message, StringComparison.Ordinal);
        Assert.Equal([0, 0, 2], Read(Added(256), """{"type":"ByteFallback"}""").Encode("aa" + new string('a', 255) + "b").InputIds.ToArray());

        static string Added(int length) => $$"""{"id":2,"content":"{{new string('a', length - 1)}}b","special":true}""";
    }

    private static BytePairTokenizer Read(string added, string decoders)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, $$$"""{"added_tokens":[{{{added}}}],"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":[]},"decoder":{"type":"Sequence","decoders":[{{{decoders}}},{"type":"Fuse"}]}}""");
            return BytePairTokenizer.FromTokenizerJson(path);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
