namespace SecureTransformer.Protocols;

/// <content>Recording where time, bytes and rounds go.</content>
public abstract partial class MpcSession
{
    private ProfileRecording? _recording;

    /// <summary>Records every named scope and operation from now on, until what is returned or the session is disposed.</summary>
    /// <param name="profile">Takes the recording; several sessions and parties may share one.</param>
    /// <remarks>Only names, public sizes, times and counts are recorded. All parties record at the same step of their program where their recordings are to be read together.</remarks>
    /// <exception cref="InvalidOperationException">The session is recording already, or an operation is under way.</exception>
    public ProfileRecording BeginProfile(SessionProfile profile)
    {
        ArgumentNullException.ThrowIfNull(profile);
        lock (_flow)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_recording is not null || _primitive || _composite)
            {
                throw new InvalidOperationException(
                    _recording is not null ? "The session is recording already: dispose that recording first." : "A recording begins between operations, and one is under way.");
            }

            _recording = new ProfileRecording(PartyId, Meter, EndProfile);
        }

        profile.Add(_recording);
        return _recording;
    }

    private void EndProfile(ProfileRecording recording) => Interlocked.CompareExchange(ref _recording, null, recording);
}
