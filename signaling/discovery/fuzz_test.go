package discovery

import (
	"strings"
	"testing"
)

func FuzzParseLocation(f *testing.F) {
	for _, location := range []string{
		"https://meet.example.org/MyRoom", "http://127.0.0.1:8080/lab", "https://8x8.vc/vpaas-magic-cookie/Stand-Up",
		"https://meet.example.org/a?jwt=ey.J.x&lang=de", "https://meet.example.org/a#config.startWithAudioMuted=true",
		"https://meet.example.org/Caf%C3%A9%20Bar", "meet.example.org/a", "https://[::1]:8443/a/", " https://x/ä\n",
	} {
		f.Add(location)
	}
	f.Fuzz(func(t *testing.T, location string) {
		m, err := ParseLocation(location)
		if err != nil {
			return
		}
		room, err := NormaliseRoom(m.Room)
		if err != nil || room == "" || len(room) > maxRoom || strings.ContainsAny(room, ` "&'/:<>@`) {
			t.Fatalf("room %q is normalised to %q, %v", m.Room, room, err)
		}
		if again, err := ParseLocation(m.Server + "/" + m.Room); err != nil || again.Room != m.Room || again.Server != m.Server {
			t.Fatalf("%+v is read back as %+v, %v", m, again, err)
		}
	})
}
