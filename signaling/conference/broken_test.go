package conference

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gstjitsi/signaling/xmpp"
)

func TestBrokenStanzasAndMessagesAreNamedAndCostNothingElse(t *testing.T) {
	s, g, b := inSession(t)
	conn := <-b.conns
	before := beliefs(g.Snapshot())
	for _, l := range readRecording(t, "a-alice") {
		half := l.Text[:len(l.Text)/2]
		switch {
		case l.Is("xmpp", "S>C") && !strings.HasPrefix(l.Text, "<open"):
			s.send(half)
		case l.Is("colibri", "S>C"):
			b.say(conn, half)
		}
	}
	for i, jingle := range []string{
		`<jingle action='source-add' xmlns='urn:xmpp:jingle:1' sid='1uhl55odh1iuq'><json-message xmlns='http://jitsi.org/jitmeet'>{"sources":</json-message></jingle>`,
		`<jingle action='source-add' xmlns='urn:xmpp:jingle:1' sid='1uhl55odh1iuq'><json-message xmlns='http://jitsi.org/jitmeet'>{"sources":{"a":[[{"s":-1}]]}}</json-message></jingle>`,
		`<jingle action='source-remove' xmlns='urn:xmpp:jingle:1' sid='1uhl55odh1iuq'><json-message xmlns='http://jitsi.org/jitmeet'>{"sources":{"a":[[],[["f","x"]]]}}</json-message></jingle>`,
		`<jingle action='transport-info' xmlns='urn:xmpp:jingle:1' sid='1uhl55odh1iuq'/>`,
		`<jingle action='session-initiate' xmlns='urn:xmpp:jingle:1' sid='new'><content name='audio'/></jingle>`,
	} {
		id := fmt.Sprintf("broken-%d", i)
		_, action, _ := strings.Cut(jingle, "action='")
		action, _, _ = strings.Cut(action, "'")
		s.send(jingleIQ(id, jingle))
		s.expect(`id="`+id+`"`, "bad-request", action+": ") // the error names the action
	}
	b.say(conn, `{"colibriClass":"EndpointMessage","from":"b687ce73","msgPayload":{"id":1,"type":"e2e-ping-request"}}`)
	b.hears(conn, "e2e-ping-response")
	if after := beliefs(g.Snapshot()); !slices.Equal(before, after) {
		t.Errorf("we believe %q, before it was %q", after, before)
	}
}

// TestWeAnnounceOnlyWhatSomeRecordedClientAnnounces keeps out features that no offer has been seen for.
func TestWeAnnounceOnlyWhatSomeRecordedClientAnnounces(t *testing.T) {
	// asked for by older focuses; where Jicofo's opus.red is on, which it was not when the recordings were made; our own answers
	known := append([]string{"urn:ietf:rfc:5888", "urn:ietf:rfc:5761", "http://jitsi.org/opus-red"}, xmpp.Features...)
	for _, name := range recordings(t) {
		for _, l := range readRecording(t, name) {
			if l.Is("xmpp", "C>S") {
				for _, feature := range strings.Split(l.Text, `<feature var="`)[1:] {
					name, _, _ := strings.Cut(feature, `"`)
					known = append(known, name)
				}
			}
		}
	}
	for _, feature := range (&Config{SSRCRewriting: true}).info().Features {
		if !slices.Contains(known, feature) {
			t.Errorf("no recorded client announces %s", feature)
		}
	}
}
