package bridge

// TransportInfo is the bridge's side of an endpoint's transport, as session-initiate and transport-info have it.
type TransportInfo struct {
	Ufrag, Pwd   string
	Generation   int // of ICE restarts; 0 at first
	Hash         string
	Fingerprint  string // upper-case hex digits, colon-separated
	Setup        string // actpass at first, later the role that the bridge has taken
	Candidates   []Candidate
	WebSocketURL string // of the bridge channel
}

// RemoteTransport is the client's side. Candidates may be missing: the bridge learns them as peer reflexive.
type RemoteTransport struct {
	Ufrag, Pwd  string
	Hash        string
	Fingerprint string
	Setup       string // active or passive
	Candidates  []Candidate
}

// Candidate is an ICE candidate of component 1.
type Candidate struct {
	ID         string
	Foundation string
	Protocol   string
	Type       string
	IP         string
	Port       int
	Priority   uint32
}
