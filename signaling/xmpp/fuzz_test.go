package xmpp

import (
	"testing"

	"gstjitsi/tests/captures"
)

// FuzzStanza gives the stream any message of a server's, on the way that dispatch takes it.
func FuzzStanza(f *testing.F) {
	seeds, err := captures.Payloads("xmpp")
	if err != nil {
		f.Fatal(err)
	}
	for _, stanza := range seeds {
		f.Add([]byte(stanza))
	}
	f.Add([]byte(`<stream:error xmlns:stream='http://etherx.jabber.org/streams'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`))
	f.Add([]byte(`<a xmlns='urn:xmpp:sm:3' h='4294967295'/>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := parseElement(data)
		if (e == nil) == (err == nil) {
			t.Fatalf("got %v, %v", e, err)
		}
		counts := isStanza(e, data)
		if err != nil {
			return
		}
		if parseStreamError(data).Condition == "" {
			t.Fatal("a stream error without a condition")
		}
		_, _ = parseCount(e)
		stanza, err := newStanza(e, data)
		if err != nil || stanza == nil {
			return
		}
		if !counts {
			t.Fatalf("%T is not counted", stanza)
		}
		switch s := stanza.(type) {
		case *IQ:
			_ = s.body.err()
		case *Presence:
			_ = s.Err()
		}
	})
}
