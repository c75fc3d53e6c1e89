namespace SecureTransformer.Transport.Tests;

public sealed class SmallTypesTests
{
    [Fact]
    public void A_session_id_survives_its_bytes_and_prints_as_hex()
    {
        SessionId id = SessionId.New();
        byte[] bytes = new byte[SessionId.Size];
        id.CopyTo(bytes);
        Assert.Equal(id, SessionId.FromBytes(bytes));
        Assert.Equal(Convert.ToHexStringLower(bytes), id.ToString());
        Assert.NotEqual(id, SessionId.New());
        Assert.Throws<ArgumentException>(() => SessionId.FromBytes(new byte[15]));
        Assert.Throws<ArgumentException>(() => id.CopyTo(new byte[15]));
    }

    [Fact]
    public void A_meter_counts_by_phase_and_its_clock_only_rises()
    {
        TrafficMeter meter = new() { Phase = TrafficPhase.Online };
        Assert.Equal(1, meter.RecordSent(100));
        meter.RecordReceived(3);
        meter.RecordReceived(2);
        meter.Phase = TrafficPhase.Output;
        Assert.Equal(4, meter.RecordSent(7));
        meter.RecordReceived(5);
        Assert.Equal((5, 3, 2, 107, 2), (meter.Clock, meter.Rounds(TrafficPhase.Online), meter.Rounds(TrafficPhase.Output), meter.BytesSentTotal, meter.FramesSentTotal));
        TrafficSnapshot a = meter.Snapshot();
        Assert.True(a == meter.Snapshot());
        meter.RecordSent(1);
        Assert.True(a != meter.Snapshot());
        Assert.Equal(1, (meter.Snapshot() - a).BytesSent(TrafficPhase.Output));
        Assert.Throws<ArgumentOutOfRangeException>(() => meter.Phase = (TrafficPhase)5);
        Assert.Throws<ArgumentOutOfRangeException>(() => meter.BytesSent((TrafficPhase)(-1)));
    }

    [Fact]
    public void A_channel_set_has_a_channel_to_all_others()
    {
        Assert.Throws<ArgumentException>(() => new ChannelSet(SessionId.New(), 0, new TrafficMeter(), [null, null]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ChannelSet(SessionId.New(), 1, new TrafficMeter(), [null]));
        Assert.Equal(1, new ChannelSet(SessionId.New(), 0, new TrafficMeter(), [null]).PartyCount);
    }
}
