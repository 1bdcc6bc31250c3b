// Package discovery turns a meeting's URL, or server and room, into the addresses of a deployment.
package discovery

// Meeting is where a conference takes place, as a user names it.
type Meeting struct {
	Server string // base URL: https://meet.example.org
	Tenant string // sub-domain path, may be empty
	Room   string // normalised
	Token  string // from ?jwt=
}

// Deployment holds a deployment's addresses.
type Deployment struct {
	WebSocketURL string
	XMPPDomain   string
	MUCDomain    string
	FocusJID     string
}
