package e2e

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/wire"
)

// xmppWire leads XMPP, and nothing else, through a wire; the property does it.
func (r *room) xmppWire() (w *wire.Wire, property string) {
	r.t.Helper()
	u, err := url.Parse(r.server.WebSocketURL())
	if err != nil {
		r.t.Fatal(err)
	}
	if w, err = wire.New(u.Host); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(w.Close)
	u.Host = w.Addr()
	return w, "websocket-url=" + u.String()
}

// longestGap is what may lie between two frames of a recording on a busy machine; the server is away for longer. `make soak` is strict.
const longestGap = 2 * time.Second

// holds checks what a recording has of a codec, and that nothing is missing in it.
func holds(t *testing.T, file, codec string) {
	t.Helper()
	track := trackOf(t, file, codec)
	if gaps := track.Gaps(longestGap); gaps != "" {
		t.Errorf("%s has gaps: %s", codec, gaps)
	}
}

func TestARecordingHasNoGapWhileTheServerIsAway(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	room.join("sender", sink("red", 440))
	w, throughWire := room.xmppWire()
	recorder, file := room.recordWith(dir, throughWire)
	recorder.recorded(file, "V_VP8", time.Second)
	w.Cut()
	recorder.says(0, "jitsi-state-changed", "state=reconnecting")
	recorder.recorded(file, "V_VP8", 5*time.Second)
	recorder.recorded(file, "A_OPUS", 5*time.Second)
	away := recorder.Mark()
	w.Restore()
	recorder.says(away, "jitsi-state-changed", "state=in-session")
	recorder.recorded(file, "V_VP8", 7*time.Second)
	recorder.leave()
	for _, codec := range []string{"V_VP8", "A_OPUS"} {
		holds(t, file, codec)
	}
	if n := room.count(events.Joined, recorder.id); n != 1 {
		t.Errorf("the room has seen the recorder join %d times", n)
	}
}

// One whom the server has given up comes back as the same, and its media flows again in both directions.
func TestComingBackTooLateMediaFlowsAgain(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{ResumeTimeout: time.Second})
	w, throughWire := room.xmppWire()
	anna := room.join("anna", bin("red", 440))
	bert := room.join("bert", strings.Replace(bin("green", 550), "{room}", "{room} "+throughWire, 1))
	anna.shows(0, "green")
	bert.shows(0, "red")
	w.Cut()
	room.waitFor(1, events.Left, bert.id)
	w.Restore()
	room.waitFor(2, events.Joined, bert.id)
	room.waitFor(2, events.MediaReady, bert.id)
	anna.shows(0, "green")
	bert.shows(0, "red")
}

func TestTheTimeToReconnectEndsInAnError(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	w, throughWire := room.xmppWire()
	anna := room.join("anna", fmt.Sprintf(`jitsisrc {room} %s reconnect-timeout=1 ! fakesink`, throughWire))
	anna.says(0, "jitsi-state-changed", "state=joined")
	w.Cut()
	anna.failsNaming("could not be restored", "not reconnected within 1s")
}
