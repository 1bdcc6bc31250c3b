package elements

import (
	"strings"
	"testing"

	"gstjitsi/elements/transport"
	"gstjitsi/signaling/extdisco"
)

func TestICEServersOfTheUser(t *testing.T) {
	for _, tt := range []struct {
		name, stun, turn, turns string
		want                    string // STUN and TURN servers, or the error
	}{
		{"none", "", "", "", ""},
		{"each kind", "stun://s.example:1", "turn://u:p@a.example", "turns://u:p@b.example:443?transport=tcp, turn://u:p@c.example?transport=udp",
			"stun://s.example:1 turns://u:p@b.example:443?transport=tcp turn://u:p@c.example?transport=udp turn://u:p@a.example"},
		{"an expiry in the user's name", "", "turn://1700000000%3Abob:p%2Fw@a.example", "", "turn://1700000000%3Abob:p%2Fw@a.example"},
		{"STUN with a user", "stun://u@s.example", "", "", "stun-server"},
		{"STUN without a host", "stun://", "", "", "stun-server"},
		{"another scheme", "", "https://u:p@a.example", "", "turn-server"},
		{"no password", "", "turn://u@a.example", "", "a.example"},
		{"an unknown transport", "", "turn://u:hunter2@a.example?transport=sctp", "", "a.example"},
		{"no URL", "", "turn://u:hunter2@a.example:port", "", "turn-server"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := settings{stunServer: tt.stun, turnServer: tt.turn, turnServers: tt.turns}
			got, err := s.iceServers()
			if err != nil {
				if tt.want == "" || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
					t.Errorf("got %v", err)
				}
				return
			}
			list := []string{}
			if got.STUN != "" {
				list = append(list, got.STUN)
			}
			for _, u := range got.TURN {
				list = append(list, u.String())
			}
			if text := strings.Join(list, " "); text != tt.want {
				t.Errorf("got %s", text)
			}
		})
	}
}

func TestICEServersOfTheDeployment(t *testing.T) {
	offered := []extdisco.Service{
		{Type: "stun", Host: "s.example", Port: 1}, {Type: "stun", Host: "later.example"},
		{Type: "turn", Host: "t.example", Transport: "udp", Username: "1700000000:bob", Password: "a/b+c="},
		{Type: "turns", Host: "2001:db8::1", Transport: "tcp", Username: "u", Password: "p"},
		{Type: "turn", Host: "nobody.example"}, // of no use without a name
	}
	got := withOffered(settingsServers(t, settings{}), offered)
	if got.STUN != "stun://s.example:1" || len(got.TURN) != 2 {
		t.Fatalf("got %+v", got)
	}
	if u := got.TURN[0].String(); u != "turn://1700000000%3Abob:a%2Fb+c=@t.example:3478?transport=udp" {
		t.Errorf("got %s", u)
	}
	if u := got.TURN[1].String(); u != "turns://u:p@[2001:db8::1]:5349?transport=tcp" {
		t.Errorf("got %s", u)
	}
	own := settingsServers(t, settings{stunServer: "stun://own.example", turnServer: "turn://u:p@own.example"})
	if got := withOffered(own, offered); got.STUN != "stun://own.example" || len(got.TURN) != 1 {
		t.Errorf("got %+v", got)
	}
}

func settingsServers(t *testing.T, s settings) transport.ICEServers {
	t.Helper()
	servers, err := s.iceServers()
	if err != nil {
		t.Fatal(err)
	}
	return servers
}

func TestPasswordsOfTURNServersAreNotReadBack(t *testing.T) {
	got := withoutPasswords("turn://u:hunter2@a.example:1?transport=udp, turns://u:hunter2@b.example,turn://u:hunter2@:bad:port")
	if got != "turn://a.example:1?transport=udp,turns://b.example" {
		t.Errorf("got %s", got)
	}
}
