package conference

import (
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
)

// metadataOf is as Prosody sent it to a client that was about to enter a room.
func metadataOf(from, text string) string {
	return `<message to='` + testJID + `' from='` + from + `' xmlns='jabber:client'>` +
		`<json-message xmlns='http://jitsi.org/jitmeet' room='` + testRoom + `'>` + escape(text) + `</json-message></message>`
}

const bothMuted = `{"metadata":{"startMuted":{"audio":true,"video":true}},"type":"room_metadata"}`

func TestTheRoomsMetadataSaysWhatThoseWhoJoinShallHaveMuted(t *testing.T) {
	const component = "metadata.jitsi.test"
	for name, tt := range map[string]struct {
		from, text string
		said       string // by the focus
		want       jingle.StartMuted
	}{
		"both":                     {component, bothMuted, "", jingle.StartMuted{Audio: true, Video: true}},
		"one":                      {component, `{"metadata":{"startMuted":{"video":true}},"type":"room_metadata"}`, "", jingle.StartMuted{Video: true}},
		"one, the focus the other": {component, `{"metadata":{"startMuted":{"video":true}},"type":"room_metadata"}`, "<startmuted xmlns='http://jitsi.org/jitmeet/start-muted' audio='true' video='false'/>", jingle.StartMuted{Audio: true, Video: true}},
		"nothing of it":            {component, `{"metadata":{"lobbyEnabled":false},"type":"room_metadata"}`, "", jingle.StartMuted{}},
		"another type":             {component, `{"metadata":{"startMuted":{"audio":true}},"type":"polls"}`, "", jingle.StartMuted{}},
		"no boolean":               {component, `{"metadata":{"startMuted":{"audio":"true","video":true}},"type":"room_metadata"}`, "", jingle.StartMuted{}},
		"no JSON":                  {component, `{"metadata":`, "", jingle.StartMuted{}},
		"an occupant":              {testRoom + "/f6368c2e", bothMuted, "", jingle.StartMuted{}},
		"somebody's account":       {"x@" + component, bothMuted, "", jingle.StartMuted{}},
		"another server":           {"metadata.jitsi.other", bothMuted, "", jingle.StartMuted{}},
		"no server":                {"metadata.", bothMuted, "", jingle.StartMuted{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.answers[`http://jabber.org/protocol/muc"`] = strings.Join([]string{presenceOf("focus", "moderator", ""), metadataOf(tt.from, tt.text),
				presenceOf(testID, "participant", `<status code='110'/>`)}, "\n")
			g := start(t, testConfig(s))
			g.reaches(Connecting, Joined)
			s.send(metadataOf(component, strings.ReplaceAll(bothMuted, "true", "false"))) // too late: for others
			s.send(strings.Replace(recorded(t, "session-initiate-a-alice"), "<bridge-session", tt.said+"<bridge-session", 1))
			if got := until(g, func(SessionStarted) bool { return true }).Offer.StartMuted; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			s.send(strings.ReplaceAll(recorded(t, "session-initiate-a-alice"), "1uhl55odh1iuq", "second")) // by then we may be unmuted
			if got := until(g, func(SessionStarted) bool { return true }).Offer.StartMuted; got != (jingle.StartMuted{}) {
				t.Errorf("the second session has %+v", got)
			}
		})
	}
}
