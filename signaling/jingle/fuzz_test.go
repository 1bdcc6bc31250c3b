package jingle

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"gstjitsi/tests/captures"
)

// seeds are the recorded stanzas that contain text.
func seeds(f *testing.F, text string) []string {
	f.Helper()
	all, err := captures.Payloads("xmpp")
	if err != nil {
		f.Fatal(err)
	}
	var out []string
	for _, stanza := range all {
		if strings.Contains(stanza, text) {
			out = append(out, stanza)
		}
	}
	return out
}

// checkSources is what everybody relies on: a source has an SSRC, an owner and a name, and an SSRC has one source.
func checkSources(t *testing.T, sources []Source) {
	t.Helper()
	if len(sources) > maxSources {
		t.Fatalf("%d sources", len(sources))
	}
	seen := map[uint32]bool{}
	for _, s := range sources {
		if s.SSRC == 0 || s.Endpoint == "" || s.Name == "" || s.Media != Audio && s.Media != Video {
			t.Fatalf("got %+v", s)
		}
		for _, ssrc := range append(s.Other, s.SSRC) {
			if seen[ssrc] {
				t.Fatalf("SSRC %d is there twice: %+v", ssrc, sources)
			}
			seen[ssrc] = true
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, stanza := range seeds(f, "<jingle ") {
		f.Add([]byte(stanza))
	}
	f.Fuzz(func(t *testing.T, stanza []byte) {
		m, err := Parse(stanza)
		if (m == nil) == (err == nil) {
			t.Fatalf("got %v and %v", m, err)
		}
		if err != nil {
			return
		}
		if m.SessionID() == "" {
			t.Fatal("no sid")
		}
		switch m := m.(type) {
		case *SessionInitiate:
			checkSources(t, m.Sources)
			if err := m.Transport.complete(); err != nil {
				t.Fatal(err)
			}
			checkAccept(t, m)
		case *SourceAdd:
			checkSources(t, m.Sources)
		case *SourceRemove:
			checkSources(t, m.Sources)
		}
	})
}

// checkAccept answers with all that was offered and reads that back.
func checkAccept(t *testing.T, m *SessionInitiate) {
	t.Helper()
	data, err := xml.Marshal(EncodeAccept(Header{SID: "s"}, SessionAccept{Audio: m.Audio, Video: m.Video, Transport: m.Transport}))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Parse([]byte("<iq>" + strings.Replace(string(data), "session-accept", "session-initiate", 1) + "</iq>"))
	if err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if got := again.(*SessionInitiate).Transport.Fingerprint; !reflect.DeepEqual(got, m.Transport.Fingerprint) {
		t.Fatalf("got %+v, want %+v", got, m.Transport.Fingerprint)
	}
}

func FuzzJSONSources(f *testing.F) {
	for _, stanza := range seeds(f, "<json-message ") {
		var in struct {
			JSON string `xml:"jingle>json-message"`
		}
		if err := xml.Unmarshal([]byte(stanza), &in); err != nil {
			f.Fatal(err)
		}
		f.Add(in.JSON)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var c collector
		if c.addJSON(text) == nil {
			checkSources(t, c.list())
		}
	})
}
