// Package discovery turns a meeting's URL, or server and room, into the addresses of a deployment: what its
// config.js says, and the usual layout where it says nothing.
package discovery

// Meeting is where a conference takes place, as a user names it.
type Meeting struct {
	Server string // base URL: https://meet.example.org
	Tenant string // sub-domain path, may be empty
	Room   string // normalised
	Token  string // from ?jwt=
}

// Deployment holds a deployment's addresses, and what it says of itself. What comes after FocusJID is empty where
// nothing is known of it.
type Deployment struct {
	WebSocketURL string
	XMPPDomain   string
	MUCDomain    string
	FocusJID     string // the component that takes conference requests

	AnonymousDomain      string // where guests log in, on deployments with passwords
	FocusUserJID         string // the focus' own account: the bare JID that it joins rooms from
	HiddenDomain         string // where recorders log in
	ConferenceRequestURL string // conference requests by HTTP; without it they go by XMPP
	KeepAliveURL         string // asked from time to time by web clients to keep their shard
	Region               string // of the server
	UserRegion           string // where the server thinks that we are
	StartMuted           StartMuted
	Flags                Flags
}

// StartMuted says how many participants may begin unmuted, as a number: those who come later are muted. The focus counts them. Empty: all may.
type StartMuted struct{ Audio, Video string }

// Flags are the switches of config.js that concern signalling.
type Flags struct {
	SSRCRewriting               Switch
	RTPMIDDemux                 Switch // with SSRCRewriting: packets carry the MID of the SSRC's slot
	SourceNameSignaling         Switch
	SendMultipleVideoStreams    Switch
	ReceiveMultipleVideoStreams Switch
}

// Switch is on, off, or not mentioned.
type Switch int8

// The values of a Switch.
const (
	Unset Switch = iota
	Off
	On
)

// LoginDomain is where to log in: guests have a domain of their own where others need a password.
func (d Deployment) LoginDomain(guest bool) string {
	if guest && d.AnonymousDomain != "" {
		return d.AnonymousDomain
	}
	return d.XMPPDomain
}
