package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"testing"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
)

// The tests run against the local deployment, or, unchanged, against the one that the environment names (`make test-against`).
const (
	locationVariable   = "JITSI_LOCATION"   // https://meet.example.org/
	propertiesVariable = "JITSI_PROPERTIES" // further properties of the elements: "xmpp-domain=… websocket-url=…"
)

// server is what tests need of a deployment. What only the local one can do or tell skips the test elsewhere.
type server interface {
	URL() string
	WebSocketURL() string
	Events() []events.Event
	WaitFor(context.Context, func(events.Event) bool) (events.Event, error)
	WaitForNth(context.Context, int, func(events.Event) bool) (events.Event, error)
	CreateRoom(ctx context.Context, room string) error
	LockRoom(ctx context.Context, room, password string) error
	MembersOnly(ctx context.Context, room string, on bool) error
	Kick(ctx context.Context, room, endpoint, reason string) error
	Grant(ctx context.Context, room, endpoint string) error
	Mute(room, endpoint string, video bool) error
	DestroyRoom(ctx context.Context, room, reason string) error
	MoveSessions(room string) error
	KillBridge()
	ReviveBridge() error
	FreezeBridge(on bool)
	Impair(bridge.Impairment)
	DropConnections()
}

var _ server = (*deployment.Deployment)(nil)

// remote is a deployment that we know nothing of but its address.
type remote struct {
	t          *testing.T
	location   string
	properties string
	suffix     string // of all rooms of this run, so that nobody else is there
}

// against is the deployment that the environment names, nil where it names none.
func against() *remote {
	location := os.Getenv(locationVariable)
	if location == "" {
		return nil
	}
	return &remote{location: strings.TrimRight(location, "/"), properties: os.Getenv(propertiesVariable), suffix: strings.ToLower(rand.Text()[:10])}
}

// skip ends the test, as all methods do that the local deployment alone can fulfil.
func (r *remote) skip(needs string) {
	r.t.Helper()
	r.t.Skipf("needs %s, and not %s", needs, r.location)
}

func (r *remote) URL() string { return r.location }

func (r *remote) WebSocketURL() string {
	r.skip("a deployment whose XMPP can be led over a proxy")
	return ""
}

func (r *remote) Events() []events.Event {
	r.skip("a deployment that tells what happens")
	return nil
}

func (r *remote) WaitFor(context.Context, func(events.Event) bool) (events.Event, error) {
	r.skip("a deployment that tells what happens")
	return events.Event{}, nil
}

func (r *remote) WaitForNth(context.Context, int, func(events.Event) bool) (events.Event, error) {
	r.skip("a deployment that tells what happens")
	return events.Event{}, nil
}

func (r *remote) switches(what string) error {
	r.skip("a deployment with a switch to " + what)
	return nil
}

func (r *remote) CreateRoom(context.Context, string) error           { return r.switches("create rooms") }
func (r *remote) LockRoom(context.Context, string, string) error     { return r.switches("lock rooms") }
func (r *remote) MembersOnly(context.Context, string, bool) error    { return r.switches("close rooms") }
func (r *remote) Kick(context.Context, string, string, string) error { return r.switches("kick") }
func (r *remote) Grant(context.Context, string, string) error        { return r.switches("grant roles") }
func (r *remote) Mute(string, string, bool) error                    { return r.switches("mute") }
func (r *remote) DestroyRoom(context.Context, string, string) error {
	return r.switches("destroy rooms")
}
func (r *remote) MoveSessions(string) error { return r.switches("move sessions") }
func (r *remote) KillBridge()               { _ = r.switches("kill the bridge") }
func (r *remote) ReviveBridge() error       { return r.switches("revive the bridge") }
func (r *remote) FreezeBridge(bool)         { _ = r.switches("freeze the bridge") }
func (r *remote) Impair(bridge.Impairment)  { _ = r.switches("impair the network") }
func (r *remote) DropConnections()          { _ = r.switches("drop connections") }

// roomProperties are the properties that lead into a room.
func (r *room) roomProperties() string {
	if r.remote == nil {
		return fmt.Sprintf("location=%s/%s local-addresses=127.0.0.1", r.server.URL(), r.name)
	}
	return strings.TrimSpace(fmt.Sprintf("location=%s/%s %s", r.remote.location, r.name, r.remote.properties))
}
