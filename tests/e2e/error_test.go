package e2e

import (
	"context"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/launch"
)

// failsNaming waits for the end, which has to come within ten seconds and with an error that contains all of these.
func (p *participant) failsNaming(words ...string) {
	t := p.room.t
	t.Helper()
	ctx, cancel := context.WithTimeout(p.room.ctx, 10*time.Second)
	defer cancel()
	code, err := p.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if code == 0 {
		t.Errorf("%s: exit code 0", p.Name)
	}
	found := strings.Join(p.Errors(), "\n")
	for _, word := range words {
		if !strings.Contains(found, word) {
			t.Errorf("%s: no error names %q; errors:\n%s", p.Name, word, found)
		}
	}
}

func TestAServerThatDoesNotListenIsNamed(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	room := newRoom(t)
	room.start("nowhere", `jitsisrc location=http://`+address+`/room ! fakesink`).failsNaming(address, "refused")
	room.start("nowhere", `videotestsrc is-live=true ! jitsisink location=http://`+address+`/room`).failsNaming(address, "refused")
}

func TestAWrongRoomComponentIsNamed(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.start("lost", `jitsisrc {room} muc-domain=conference.nowhere.example ! fakesink`).failsNaming("conference.nowhere.example")
}

func TestABridgeWithAnotherFingerprintThanPromisedIsRefused(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{WrongFingerprint: true})
	room.join("anna", `videotestsrc is-live=true ! {small} ! jitsisink {room}`)
	room.start("bert", `jitsisrc {room} ! fakesink`).failsNaming("fingerprint")
}

func TestAMalformedLocationIsAnErrorBeforeAnythingConnects(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.start("typo", `jitsisrc location=not-a-url local-addresses=127.0.0.1 ! fakesink`).failsNaming("not-a-url")
}

func TestPacketsAreLoggedForWhoAsks(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("sender", sink("red", 440))
	curious := room.joinWith(launch.Options{Name: "curious", Pipeline: receiver, Env: []string{"GST_DEBUG=jitsi-rtp:6,jitsi-rtcp:6"}})
	silent := room.join("silent", receiver)
	for _, line := range []string{`received RTP ssrc=\d+ pt=\d+ seq=\d+`, `received RTCP size=\d+ SR/`, `sent RTCP size=\d+ RR/`} {
		if _, err := curious.WaitLine(room.ctx, 0, regexp.MustCompile(line)); err != nil {
			t.Fatal(err)
		}
	}
	silent.shows(0, "red")
	silent.leave()
	if strings.Contains(silent.Output(), "RTP ssrc=") {
		t.Error("packets are logged for somebody who did not ask")
	}
}
