package extdisco

import (
	"encoding/xml"
	"testing"
	"time"
)

// From a-alice, credentials shortened.
const recorded = `<iq from='jitsi.test' type='result' xmlns='jabber:client' id='1'><services xmlns='urn:xmpp:extdisco:2'>` +
	`<service host='127.0.0.1' port='3478' type='stun'/>` +
	`<service host='127.0.0.1' port='3478' username='1795476018' transport='udp' expires='2026-11-23T23:20:18Z' restricted='1' type='turn' password='Q4g='/>` +
	`<service host='127.0.0.1' port='5349' username='1795476018' transport='tcp' expires='2026-11-23T23:20:18Z' restricted='1' type='turns' password='Q4g='/>` +
	`</services></iq>`

func TestListOfTheRecordedAnswer(t *testing.T) {
	var a Answer
	if err := xml.Unmarshal([]byte(recorded), &a); err != nil {
		t.Fatal(err)
	}
	got := a.List()
	if len(got) != 3 {
		t.Fatalf("got %d services", len(got))
	}
	if want := (Service{Type: "stun", Host: "127.0.0.1", Port: 3478}); got[0] != want {
		t.Errorf("got %+v, want %+v", got[0], want)
	}
	want := Service{Type: "turns", Host: "127.0.0.1", Port: 5349, Transport: "tcp", Username: "1795476018",
		Password: "Q4g=", Expires: time.Date(2026, 11, 23, 23, 20, 18, 0, time.UTC)}
	if got[2] != want {
		t.Errorf("got %+v, want %+v", got[2], want)
	}
}

func TestListLeavesOutWhatCannotBeUsed(t *testing.T) {
	var a Answer
	err := xml.Unmarshal([]byte(`<iq><services xmlns='urn:xmpp:extdisco:2'>`+
		`<service type='turn' port='1'/><service type='ftp' host='h'/><service type='stun' host='h' port='70000'/>`+
		`<service type='stun' host='h'/></services></iq>`), &a)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.List(); len(got) != 1 || got[0].Host != "h" || got[0].Port != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestTheFirstCredentialsToExpireCount(t *testing.T) {
	soon, later := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name     string
		services []Service
		want     time.Time
	}{
		{"none", nil, time.Time{}},
		{"some that stay", []Service{{Type: "stun"}}, time.Time{}},
		{"several", []Service{{Type: "stun"}, {Type: "turn", Expires: later}, {Type: "turns", Expires: soon}}, soon},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, any := Expiry(tt.services); !got.Equal(tt.want) || any == tt.want.IsZero() {
				t.Errorf("got %s, %v", got, any)
			}
		})
	}
}
