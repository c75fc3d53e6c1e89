namespace SecureTransformer.Protocols;

/// <summary>
/// Where the time, bytes and rounds of sessions go: takes the recordings of one party or of all (<see cref="MpcSession.BeginProfile"/>), sums them by layer and operation
/// (<see cref="Report"/>), and writes them for a trace viewer (<see cref="SaveTrace"/>). Thread-safe.
/// </summary>
public sealed class SessionProfile
{
    private readonly Lock _gate = new();
    private readonly List<ProfileRecording> _recordings = [];

    /// <summary>The recordings so far, in the order in which they began at each party.</summary>
    public IReadOnlyList<ProfileRecording> Recordings
    {
        get
        {
            lock (_gate)
            {
                return [.. _recordings];
            }
        }
    }

    /// <summary>Reads the recordings of a file that <see cref="SaveTrace"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The file is not of that form.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SessionProfile LoadTrace(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream file = File.OpenRead(path);
        var profile = new SessionProfile();
        foreach (ProfileRecording recording in TraceReader.Read(file, path))
        {
            profile.Add(recording);
        }

        return profile;
    }

    /// <summary>Takes the recordings of another profile, such as another party's, behind its own.</summary>
    public void Add(SessionProfile other)
    {
        ArgumentNullException.ThrowIfNull(other);
        foreach (ProfileRecording recording in other.Recordings)
        {
            Add(recording);
        }
    }

    /// <summary>Sums the recordings by layer and operation.</summary>
    /// <param name="party">One party; by default all together.</param>
    /// <exception cref="InvalidOperationException">A session is still recording, or the parties did not run the same program.</exception>
    public ProfileReport Report(int? party = null) => new ProfileSummary(Recordings.Where(r => party is null || r.Party == party)).ToReport();

    /// <summary>Writes the recordings as a trace in the Chrome trace event format (JSON), which ui.perfetto.dev and chrome://tracing open: a process for each party.</summary>
    /// <exception cref="InvalidOperationException">A session is still recording.</exception>
    public void WriteTrace(Stream destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        TraceWriter.Write(destination, Recordings);
    }

    /// <summary>Writes a trace to a file, which is there as a whole or not at all. See <see cref="WriteTrace"/>.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="InvalidOperationException">A session is still recording.</exception>
    public void SaveTrace(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string partial = path + ".part";
        try
        {
            using (FileStream file = File.Create(partial))
            {
                WriteTrace(file);
            }

            File.Move(partial, path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    internal void Add(ProfileRecording recording)
    {
        lock (_gate)
        {
            _recordings.Add(recording);
        }
    }
}
