namespace SecureTransformer.Protocols;

/// <summary>A slice of a recording that has begun; nothing where nothing is recorded.</summary>
internal readonly struct ProfileMark(ProfileRecording recording, int slice)
{
    private readonly ProfileRecording? _recording = recording;
    private readonly int _slice = slice;

    /// <summary>Begins a slice, if there is a recording.</summary>
    public static ProfileMark Begin(ProfileRecording? recording, ProfileKind kind, string name, long elements = 0, long products = 0) =>
        recording is null ? default : new ProfileMark(recording, recording.Begin(kind, name, elements, products));

    /// <summary>Ends the slice, and what is still open within it. Once is enough.</summary>
    public void End() => _recording?.End(_slice);
}
