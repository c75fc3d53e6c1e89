namespace SecureTransformer.Hosting;

/// <summary>The operation numbers of control frames between clients and parties.</summary>
internal static class HostOperations
{
    public const ushort Request = 0x1000;
    public const ushort Ready = 0x1001;
    public const ushort Progress = 0x1002;
    public const ushort Report = 0x1003;
    public const ushort Commit = 0x1004;
    public const ushort Turn = 0x1005;
    public const ushort Next = 0x1006;
}
