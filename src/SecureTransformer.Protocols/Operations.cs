namespace SecureTransformer.Protocols;

/// <summary>The operation numbers carried in frame headers; a mismatch between parties is an error at the first frame.</summary>
internal static class Operations
{
    public const ushort Handshake = 1;
    public const ushort Keys = 2;
    public const ushort Input = 3;
    public const ushort Import = 4;
    public const ushort Export = 5;
    public const ushort ImportDigest = 7;
    public const ushort Reveal = 6;
    public const ushort Agree = 8;
    public const ushort ShuffleDeal = 9;
    public const ushort ShuffleReshare = 10;
    public const ushort Multiply = 16;
    public const ushort TruncateOpen = 17;
    public const ushort TruncateCorrection = 18;
    public const ushort TruncateBit = 19;
    public const ushort And = 32;
    public const ushort CarryDeal = 33;
    public const ushort CarryReshare = 34;
    public const ushort BitDeal = 35;
    public const ushort BitReshare = 36;
    public const ushort RevealBits = 37;
    public const ushort DigitDeal = 38;
    public const ushort DigitReshare = 39;
    public const ushort TableDeal = 40;
    public const ushort TableReshare = 41;
    public const ushort AddendDeal = 42;
    public const ushort AddendReshare = 43;
    public const ushort OpenMatrix = 48;
    public const ushort OpenCompared = 49;
    public const ushort OpenBit = 50;
    public const ushort Deal = 51;
    public const ushort Summand = 52;
    public const ushort Returned = 53;
    public const ushort CheckShares = 54;
    public const ushort ShuffleKey = 55;
    public const ushort Reshare = 56;
    public const ushort ReshareMask = 57;
    public const ushort ReshareNumber = 58;
    public const ushort ReshareCheck = 59;
    public const ushort MaterialSeed = 64;
    public const ushort MaterialRequest = 65;
    public const ushort MaterialCorrection = 66;
    public const ushort MaterialRun = 67;
    public const ushort WeightTag = 68;
    public const ushort MaterialIdentity = 69;
}
