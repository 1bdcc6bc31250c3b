// Package discovery turns a meeting's URL, or server and room, into the addresses of a deployment.
package discovery

// Meeting is where a conference takes place, as a user names it.
type Meeting struct {
	Server string // base URL: https://meet.example.org
	Tenant string // sub-domain path, may be empty
	Room   string // normalised
	Token  string // from ?jwt=
}

// ParseLocation splits a meeting's URL as pasted from a browser: https://host[:port]/[tenant/]Room[?jwt=…][#config…].
func ParseLocation(location string) (Meeting, error) { return Meeting{}, nil }

// NormaliseRoom makes a room name as the web client does: lower case, percent-encoding of what a JID's node
// can't carry.
func NormaliseRoom(room string) (string, error) { return room, nil }

// Deployment holds a deployment's addresses.
type Deployment struct {
	WebSocketURL string
	XMPPDomain   string
	MUCDomain    string
	FocusJID     string
}

// Defaults are the addresses of a deployment with the usual layout: wss://HOST/xmpp-websocket (with the
// tenant's path in front), HOST, conference.HOST, focus.HOST.
func Defaults(m Meeting) (Deployment, error) { return Deployment{}, nil }
