package elements

import (
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/tests/deployment"
)

// member is a pipeline with one of the elements, in a conference.
type member struct {
	gst.Pipeline
	t   *testing.T
	j   gst.Element
	bus gst.Bus
}

func attend(t *testing.T, d *deployment.Deployment, properties string) *member {
	t.Helper()
	p := launch(t, "jitsisrc name=j local-addresses=127.0.0.1 location="+d.URL()+"/room "+properties+" ! fakesink")
	t.Cleanup(func() { p.SetState(gst.StateNull) })
	m := &member{Pipeline: p, t: t, j: p.GetByName("j"), bus: p.GetBus()}
	p.SetState(gst.StatePlaying)
	return m
}

// hears waits for an element message.
func (m *member) hears(name string, matches func(*gst.Structure) bool) *gst.Structure {
	m.t.Helper()
	for {
		message := m.bus.TimedPopFiltered(gst.ClockTime(patience), gst.MessageElement|gst.MessageError)
		if message == nil {
			m.t.Fatalf("no message %s comes", name)
		}
		if message.Type() == gst.MessageError {
			debug, err := message.ParseError()
			m.t.Fatalf("instead of %s comes %v: %s", name, err, debug)
		}
		if s := message.GetStructure(); s.GetName() == "jitsi-"+name && (matches == nil || matches(s)) {
			return s
		}
	}
}

func (m *member) becomes(state string) {
	m.t.Helper()
	m.hears("state-changed", func(s *gst.Structure) bool { return s.GetString("state") == state })
}

// fails waits for the error of a code whose debug text names something. It may come after a session that webrtcbin takes its minute for, on a busy
// machine.
func (m *member) fails(code any, named string) {
	m.t.Helper()
	message := m.bus.TimedPopFiltered(gst.ClockTime(4*patience), gst.MessageError)
	if message == nil {
		m.t.Fatal("no error comes")
	}
	if err := isError(message, code, named); err != nil {
		m.t.Error(err)
	}
}

func TestWhatAModeratorCanDo(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"lobby": {Lobby: true}})["lobby"]
	anna := attend(t, d, "nick=Anna")
	anna.becomes("joined")
	bert := attend(t, d, "nick=Bert")
	bert.becomes("joined")
	id := anna.hears("participant-joined", nil).GetString("id")

	anna.j.Emit("send-chat", "hello", "")
	if said := bert.hears("chat-message", nil); said.GetString("text") != "hello" || said.GetValue("private") != false {
		t.Errorf("bert hears %s", said.String())
	}
	anna.j.Emit("send-chat", "psst", id)
	if said := bert.hears("chat-message", nil); said.GetString("text") != "psst" || said.GetValue("private") != true {
		t.Errorf("bert hears %s", said.String())
	}
	anna.j.Emit("mute-participant", id, "audio")
	if asked := bert.hears("mute-requested", nil); asked.GetString("media") != "audio" {
		t.Errorf("bert is asked %s", asked.String())
	}
	anna.j.Emit("mute-participant", id, "smell") // a warning in the log, and no more
	anna.j.Emit("request-key-frame", "nobody-v0")
	anna.j.Emit("kick", id)
	bert.hears("kicked", nil)
	bert.fails(gst.ResourceErrorClose, "kicked")

	if err := d.MembersOnly(t.Context(), "room", true); err != nil {
		t.Fatal(err)
	}
	for _, guest := range []struct{ nick, decision string }{{"Carl", "admit"}, {"Dora", "deny"}} {
		waiting := attend(t, d, "nick="+guest.nick)
		waiting.becomes("lobby")
		own := waiting.hears("lobby-waiting", nil)
		seen := anna.hears("lobby-waiting", nil)
		if seen.GetString("nick") != guest.nick || seen.GetString("id") != own.GetString("id") || own.GetValue("own") != true {
			t.Errorf("anna sees %s, and %s itself %s", seen.String(), guest.nick, own.String())
		}
		anna.j.Emit(guest.decision, seen.GetString("id"))
		if guest.decision == "admit" {
			waiting.becomes("joined")
		} else {
			waiting.fails(gst.ResourceErrorNotAuthorized, "denied")
		}
	}
	if err := d.DestroyRoom(t.Context(), "room", "closing time"); err != nil {
		t.Fatal(err)
	}
	anna.fails(gst.ResourceErrorClose, "closing time")
}

func TestGuestsComeInBesideUsers(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"guests": {Users: map[string]string{"alice": "wonderland"}, Guests: true, HostsOnly: true}})["guests"]
	attend(t, d, "").fails(gst.ResourceErrorNotAuthorized, "focus.localhost: not-authorized") // the focus wants a host first
	alice := attend(t, d, "username=alice password=wonderland")
	alice.becomes("joined")
	attend(t, d, "").becomes("joined")
	if who := alice.hears("participant-joined", nil).GetString("jid"); !strings.Contains(who, "@guest.") {
		t.Errorf("the guest is %s", who)
	}
}

// The focus has no address on XMPP here that leads anywhere.
func TestTheFocusIsAskedByHTTPWhereConfigJSSaysSo(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"http": {Config: map[string]any{
		"hosts":                map[string]any{"domain": "localhost", "muc": "conference.localhost", "focus": "nobody.localhost"},
		"conferenceRequestUrl": "/conference-request/v1",
	}}})["http"]
	attend(t, d, "").becomes("joined")
	attend(t, d, "focus-jid=nobody.localhost").fails(gst.ResourceErrorNotFound, "nobody.localhost") // what the user says comes first
}
