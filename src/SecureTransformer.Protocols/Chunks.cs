namespace SecureTransformer.Protocols;

/// <summary>Cuts a run of words into frames, so that computing and sending overlap and buffers stay in cache.</summary>
internal readonly ref struct Chunks(int length)
{
    /// <summary>Words of one frame: 512 KB.</summary>
    public const int Size = 1 << 16;

    public Enumerator GetEnumerator() => new(length);

    internal ref struct Enumerator(int length)
    {
        private int _start = -Size;

        public bool MoveNext() => (_start += Size) < length;

        public readonly (int Start, int Length) Current => (_start, Math.Min(Size, length - _start));
    }
}
