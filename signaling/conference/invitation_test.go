package conference

import (
	"strings"
	"testing"
	"time"
)

// quietFor fails where we join anew within d.
func (g *guest) quietFor(d time.Duration) {
	g.t.Helper()
	for limit := time.After(d); ; {
		select {
		case e := <-g.Events():
			if s, ok := e.(StateChanged); ok && s.State == Reconnecting {
				g.t.Fatal("we join anew")
			}
		case <-limit:
			return
		}
	}
}

// As it was on real servers with two whose bridge was out of use: both joined anew at the same time, one saw itself alone for half
// a second, and waited for no invitation any more.
func TestOneWhoIsAloneWaitsOnForAnInvitation(t *testing.T) {
	s, g, _ := inSessionOfTheHasty(t)
	s.send(unavailableOf("f6368c2e", ""))
	next[ParticipantLeft](g)
	g.RestartSession("1")
	s.expect(`session-terminate`)
	g.quietFor(300 * time.Millisecond) // longer than we wait
	s.send(presenceOf("f6368c2e", "participant", ""))
	until(g, state(Reconnecting))
	s.expect(`<presence `, `<x `)
	g.reaches(Joined)
}

const noBridge = `<bridgeNotAvailable xmlns='http://jitsi.org/protocol/focus'/></presence>`

// Jicofo takes a bridge that was dead out of use for a minute, and invites those only who join after it.
func TestWithoutABridgeWeJoinAnewUntilThereIsOne(t *testing.T) {
	s := newServer(t)
	cfg := testConfig(s)
	cfg.InviteTimeout, cfg.BridgeTimeout = time.Hour, 50*time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	s.expect(`<presence `, `<x `)
	other := presenceOf("f6368c2e", "participant", "")
	s.send(other)
	next[ParticipantJoined](g)
	focus := strings.Replace(presenceOf("focus", "moderator", ""), "</presence>", noBridge, 1)
	// The focus finds out anew each time, where all others join anew, too.
	entry := []string{presenceOf("focus", "moderator", ""), other, presenceOf(testID, "participant", `<status code='110'/>`)}
	answers := func(after string) {
		answer := strings.Join(append(entry, after), "\n")
		s.set(`<x xmlns="http://jabber.org/protocol/muc"`, &answer)
	}
	answers(focus)
	s.send(focus)
	next[BridgeNotAvailable](g)
	for range 2 {
		g.reaches(Reconnecting)
		s.expect(`<presence `, `<x `)
		g.reaches(Joined)
	}
	answers(strings.ReplaceAll(offerOn(t, newFakeBridge(t), "1"), "\n", " "))
	until(g, func(SessionStarted) bool { return true })
}
