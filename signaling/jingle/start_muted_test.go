package jingle

import (
	"bytes"
	"testing"
)

func TestThePolicyForThoseWhoJoinIsRead(t *testing.T) {
	offer := recorded(t, "session-initiate-a-alice")
	for element, want := range map[string]StartMuted{
		``: {},
		`<startmuted xmlns="http://jitsi.org/jitmeet/start-muted" audio="true" video="false"/>`: {Audio: true},
		`<startmuted xmlns="http://jitsi.org/jitmeet/start-muted" audio="true" video="true"/>`:  {Audio: true, Video: true},
		`<startmuted xmlns="http://jitsi.org/jitmeet/start-muted"/>`:                            {},
		`<startmuted xmlns="urn:other" audio="true"/>`:                                          {},
	} {
		m, err := Parse(bytes.Replace(offer, []byte("</jingle>"), []byte(element+"</jingle>"), 1))
		if err != nil {
			t.Errorf("%s: %v", element, err)
			continue
		}
		if got := m.(*SessionInitiate).StartMuted; got != want {
			t.Errorf("%s: %+v", element, got)
		}
	}
}
