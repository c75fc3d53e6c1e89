using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Models.Tests;

public sealed class SafetensorsHostileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string, int, string> Headers => new()
    {
        { """[1]""", 0, "does not start with '{'" },
        { """ {}""", 0, "does not start with '{'" },
        { """{"a":""", 0, "not valid JSON" },
        { """{} x""", 0, "not valid JSON" },
        { """{"a":7}""", 0, "'a' is not described by an object" },
        { """{"a":{"dtype":"F32","shape":[1]}}""", 4, "'a' has no data_offsets" },
        { """{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "'a' has no dtype" },
        { """{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "'a' has no shape" },
        { """{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype 'F33'" },
        { """{"a":{"dtype":5,"shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype" },
        { """{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "dtype twice" },
        { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "non-negative 64-bit integers" },
        { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "non-negative 64-bit integers" },
        { """{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "non-negative 64-bit integers" },
        { """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,4]}}""", 4, "non-negative 64-bit integers" },
        { """{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "not an array" },
        { """{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "overflows" },
        { """{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "overflows" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "rising" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "rising" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "up to 4" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "need 64 bits" },
        { """{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}""", 0, "need 4 bits" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "'a' appears twice" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "overlaps" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "hole" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "hole" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, "belong to no tensor" },
        { """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}""", 4, "more than 32" },
        { """{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "invalid string" },
    };

    [Theory]
    [MemberData(nameof(Headers))]
    public void A_hostile_header_is_refused_with_file_and_reason(string header, int dataLength, string reason)
    {
        string path = _directory.Write("bad.safetensors", SafetensorsBuilder.File(header, dataLength));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path).Dispose());
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", 0)]
    [InlineData("""{"__metadata__":{"format":"pt"}}  """, 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}""", 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"later":{"x":[1]}}}""", 4)]
    public void Unusual_but_valid_headers_are_read(string header, int dataLength)
    {
        using SafetensorsFile file = SafetensorsFile.Open(_directory.Write("good.safetensors", SafetensorsBuilder.File(header, dataLength)));
        Assert.Equal(header.Contains("\"a\"", StringComparison.Ordinal), file.Contains("a"));
    }

    [Theory]
    [InlineData(1UL << 60)]
    [InlineData(ulong.MaxValue)]
    [InlineData(100_000_001UL)]
    [InlineData(17UL)]
    public void A_header_length_beyond_the_file_is_refused_before_allocation(ulong length)
    {
        string path = _directory.Write("bad.safetensors", [.. BitConverter.GetBytes(length), .. new byte[16]]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("header length", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Short_files_invalid_utf8_and_deep_nesting_are_refused()
    {
        byte[] invalidUtf8 = [.. "{\""u8, 0xC3, 0x28, .. "\":{}}"u8];
        string deep = "{\"a\":" + string.Concat(Enumerable.Repeat("{\"b\":", 100_000)) + "1" + new string('}', 100_001);
        byte[][] files = [[], [1, 2, 3], new byte[8], SafetensorsBuilder.File(invalidUtf8, []), SafetensorsBuilder.File(Encoding.UTF8.GetBytes(deep), [])];
        Assert.All(files, bytes => Assert.Throws<InvalidDataException>(() => SafetensorsFile.Open(_directory.Write("bad.safetensors", bytes))));
    }

    [Fact]
    public void Control_characters_in_names_do_not_reach_messages()
    {
        string header = "{\"a\\n\\u001b[31m" + new string('x', 10_000) + "\":7}";
        InvalidDataException e = Assert.Throws<InvalidDataException>(
            () => SafetensorsFile.Open(_directory.Write("bad.safetensors", SafetensorsBuilder.File(header, 0))));
        Assert.DoesNotContain(e.Message, c => char.IsControl(c));
        Assert.InRange(e.Message.Length, 1, 1000);
    }

    [Fact]
    public void Damaged_bytes_give_a_result_or_an_InvalidDataException_and_little_memory()
    {
        byte[] good = SafetensorsBuilder.Small();
        string path = System.IO.Path.Combine(_directory.Path, "fuzz.safetensors");
        int refused = 0;
        Gen<(int Position, byte Value)[]> flips =
            (from position in Gen.Choose(0, good.Length - 1) from value in Gen.Choose(0, 255) select (position, (byte)value)).ArrayOf(3);
        var damage = from f in flips from length in Gen.Frequency((2, Gen.Constant(good.Length)), (1, Gen.Choose(0, good.Length))) select (Flips: f, Length: length);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(damage.ToArbitrary(), d =>
        {
            byte[] bytes = (byte[])good.Clone();
            foreach ((int position, byte value) in d.Flips)
            {
                bytes[position] = value;
            }

            File.WriteAllBytes(path, bytes[..d.Length]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SafetensorsFile file = SafetensorsFile.Open(path);
                foreach (TensorInfo tensor in file.Tensors.Where(t => t.IsReadable))
                {
                    file.Read(tensor.Name, 0, new double[tensor.ElementCount]);
                }
            }
            catch (InvalidDataException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        }));
        Assert.InRange(refused, 100, 1000);
    }
}
