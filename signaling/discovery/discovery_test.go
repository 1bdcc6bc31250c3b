package discovery

import (
	"strings"
	"testing"
)

func TestParseLocation(t *testing.T) {
	for _, tt := range []struct {
		name, location string
		want           Meeting
	}{
		{"a room on a host", "https://meet.example.org/MyRoom",
			Meeting{Server: "https://meet.example.org", Room: "MyRoom"}},
		{"a port is kept in the server", "http://127.0.0.1:8080/lab",
			Meeting{Server: "http://127.0.0.1:8080", Room: "lab"}},
		{"a path before the room is the tenant", "https://8x8.vc/vpaas-magic-cookie/Stand-Up",
			Meeting{Server: "https://8x8.vc", Tenant: "vpaas-magic-cookie", Room: "Stand-Up"}},
		{"the token comes from jwt", "https://meet.example.org/a?jwt=ey.J.x&lang=de",
			Meeting{Server: "https://meet.example.org", Room: "a", Token: "ey.J.x"}},
		{"the fragment's configuration is left out", "https://meet.example.org/a#config.startWithAudioMuted=true",
			Meeting{Server: "https://meet.example.org", Room: "a"}},
		{"an encoded room stays as it is", "https://meet.example.org/Caf%C3%A9%20Bar",
			Meeting{Server: "https://meet.example.org", Room: "Caf%C3%A9%20Bar"}},
		{"a URL without a scheme is https", "meet.example.org/a",
			Meeting{Server: "https://meet.example.org", Room: "a"}},
		{"a closing slash is no room", "https://meet.example.org/a/",
			Meeting{Server: "https://meet.example.org", Room: "a"}},
		{"blanks around a pasted URL are dropped", " https://meet.example.org/a\n",
			Meeting{Server: "https://meet.example.org", Room: "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseLocation(tt.location)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestParseLocationRefuses(t *testing.T) {
	for _, tt := range []struct{ name, location, says string }{
		{"a URL without a room", "https://meet.example.org/", "names no room"},
		{"a URL without a host", "https:///room", "names no host"},
		{"a host that is no text", "https://%A0/room", "no host's name"},
		{"a host with markup", "https://a<b/room", "no host's name"},
		{"another scheme", "ftp://meet.example.org/room", "neither https nor http"},
		{"no URL at all", "https://[/room", "not a URL"},
		{"a password in the URL", "https://me:secret@meet.example.org/room", "not supported"},
		{"a room of nothing but dropped characters", "https://meet.example.org/!!!", "empty"},
		{"a room too long for a JID", "https://meet.example.org/" + strings.Repeat("a", 1024), "more than 1023"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseLocation(tt.location)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got error %v, want one that says %q", err, tt.says)
			}
		})
	}
}

func TestErrorsDoNotShowTheToken(t *testing.T) {
	for _, location := range []string{
		"https://[/room?jwt=hunter2", "ftp://host/room?jwt=hunter2", "https:///room?jwt=hunter2",
		"https://host/?jwt=hunter2", "https://user:hunter2@host/room",
	} {
		_, err := ParseLocation(location)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got error %v", location, err)
		}
	}
}

func TestNormaliseRoom(t *testing.T) {
	for _, tt := range []struct{ name, room, want string }{
		{"capitals become small", "MyRoom", "myroom"},
		{"a blank is encoded", "My Room", "my%20room"},
		{"an encoded name stays the same", "my%20room", "my%20room"},
		{"letters outside ASCII are encoded in lower case", "ÉTÉ", "%c3%a9t%c3%a9"},
		{"compatibility forms are folded", "ﬁne", "fine"},
		{"what a JID can't carry is dropped", `a@b/c:d"e&f'g<h>i`, "abcdefghi"},
		{"a percent sign that encodes nothing is encoded", "100%", "100%25"},
		{"dashes, dots and underscores stay", "a-b.c_d~e", "a-b.c_d~e"},
		{"an encoded reserved character stays encoded", "a%26b%2Fc", "a%26b%2fc"},
		{"what encodes no text is a name", "%A0", "%25a0"},
		{"wide forms of reserved characters become plain ones, which stay", "会議（１）", "%e4%bc%9a%e8%ad%b0(1)"},
		{"an encoded apostrophe, which no JID has, is dropped", "Anna%27s", "annas"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := NormaliseRoom(tt.room)
			if err != nil || got != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	for _, tt := range []struct {
		name    string
		meeting Meeting
		want    Deployment
	}{
		{"a server by https", Meeting{Server: "https://meet.example.org"}, Deployment{
			WebSocketURL: "wss://meet.example.org/xmpp-websocket", XMPPDomain: "meet.example.org",
			MUCDomain: "conference.meet.example.org", FocusJID: "focus.meet.example.org",
		}},
		{"a server by http gives ws", Meeting{Server: "http://localhost"}, Deployment{
			WebSocketURL: "ws://localhost/xmpp-websocket", XMPPDomain: "localhost",
			MUCDomain: "conference.localhost", FocusJID: "focus.localhost",
		}},
		{"the port stays in the WebSocket URL only", Meeting{Server: "https://meet.example.org:8443"}, Deployment{
			WebSocketURL: "wss://meet.example.org:8443/xmpp-websocket", XMPPDomain: "meet.example.org",
			MUCDomain: "conference.meet.example.org", FocusJID: "focus.meet.example.org",
		}},
		{"a tenant is a path and a label of the room's domain", Meeting{Server: "https://meet.example.org", Tenant: "Acme"}, Deployment{
			WebSocketURL: "wss://meet.example.org/Acme/xmpp-websocket", XMPPDomain: "meet.example.org",
			MUCDomain: "conference.acme.meet.example.org", FocusJID: "focus.meet.example.org",
		}},
		{"dots of a tenant become underscores", Meeting{Server: "https://meet.example.org", Tenant: "a.b"}, Deployment{
			WebSocketURL: "wss://meet.example.org/a.b/xmpp-websocket", XMPPDomain: "meet.example.org",
			MUCDomain: "conference.a_b.meet.example.org", FocusJID: "focus.meet.example.org",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Defaults(tt.meeting)
			if err != nil || got != tt.want {
				t.Errorf("got %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestDefaultsRefuseAServerThatIsNoURL(t *testing.T) {
	if _, err := Defaults(Meeting{Server: "ftp://meet.example.org"}); err == nil {
		t.Error("no error")
	}
}
