package conference

import (
	"encoding/xml"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pion/logging"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/captures"
)

func seeds(f *testing.F, channel, prefix string) []string {
	f.Helper()
	all, err := captures.Payloads(channel)
	if err != nil {
		f.Fatal(err)
	}
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, prefix) })
}

// quietStay is a stay in a room without any connection.
func quietStay(t *testing.T) *stay {
	c, err := New(Config{
		WebSocketURL: "wss://jitsi.test/xmpp-websocket", XMPPDomain: "jitsi.test", MUCDomain: "conference.jitsi.test",
		FocusJID: "focus.jitsi.test", Room: "cap-a", EndpointID: testID,
		Loggers: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled, ScopeLevels: map[string]logging.LogLevel{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newStay(c)
	s.phase = inRoom
	t.Cleanup(s.cancel)
	return s
}

func FuzzPresence(f *testing.F) {
	for _, presence := range seeds(f, "xmpp", "<presence ") {
		f.Add([]byte(presence))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in wirePresence
		if xml.Unmarshal(data, &in) != nil {
			return
		}
		s := quietStay(t)
		s.focusPresent(&in)
		s.occupantPresent("f6368c2e", &in)
		for _, p := range s.occupants.participants() {
			if p.ID != "f6368c2e" || len(p.Sources) > maxSourceInfo {
				t.Fatalf("got %+v", p)
			}
		}
		s.handleOwnPresence(testID, &in, false)
		s.occupantLeft("f6368c2e")
		if len(s.occupants.order) != 0 || s.failed != nil {
			t.Fatalf("got %+v, %v", s.occupants, s.failed)
		}
		if e := s.removedError(&in); e.Reason == 0 || e.Error() == "" {
			t.Fatalf("got %+v", e)
		}
	})
}

func FuzzSourceInfo(f *testing.F) {
	for _, presence := range seeds(f, "xmpp", "<presence ") {
		var in wirePresence
		if err := xml.Unmarshal([]byte(presence), &in); err != nil {
			f.Fatal(err)
		}
		f.Add(in.SourceInfo)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sources, err := parseSourceInfo(text)
		if err != nil {
			return
		}
		local := make([]LocalSource, len(sources))
		for i, s := range sources {
			local[i] = LocalSource{Name: s.Name, Media: jingle.Video, VideoType: s.VideoType, Muted: s.Muted}
		}
		again, err := parseSourceInfo(encodeSourceInfo(local))
		if err != nil || len(again) != len(sources) {
			t.Fatalf("%+v became %+v, %v", sources, again, err)
		}
	})
}

func FuzzMessage(f *testing.F) {
	for _, message := range seeds(f, "xmpp", "<message ") {
		f.Add([]byte(message))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in wireMessage
		if xml.Unmarshal(data, &in) != nil {
			return
		}
		s := quietStay(t)
		s.peerMessage("f6368c2e", []byte(in.JSON))
		if len(s.pending) > 1 {
			t.Fatalf("got %+v", s.pending)
		}
	})
}

// FuzzBridgeMessage gives a stay several messages, a line each: the truth stays in order whatever they say.
func FuzzBridgeMessage(f *testing.F) {
	messages := seeds(f, "colibri", "{")
	for i := range messages {
		f.Add(strings.Join(messages[i:min(i+4, len(messages))], "\n"))
	}
	word := regexp.MustCompile(`^\S+$`)
	f.Fuzz(func(t *testing.T, text string) {
		s := quietStay(t)
		for _, message := range strings.Split(text, "\n") {
			if m, err := colibri.Parse([]byte(message)); err == nil {
				s.handleColibri(m)
			}
		}
		sources := s.sources.list()
		if len(sources) != len(s.sources.bySSRC) || len(sources) != len(s.sources.byName) {
			t.Fatalf("%d sources, %d SSRCs, %d names", len(sources), len(s.sources.bySSRC), len(s.sources.byName))
		}
		for _, source := range sources {
			if source.SSRC == 0 || source.Name == "" || source.Endpoint == "" || source.Endpoint == testID {
				t.Fatalf("got %+v", source)
			}
			if !word.MatchString(string(source.Media)) {
				t.Fatalf("got %+v", source)
			}
		}
	})
}
