package extdisco

import (
	"encoding/xml"
	"strings"
	"testing"

	"gstjitsi/tests/captures"
)

func FuzzAnswer(f *testing.F) {
	seeds, err := captures.Payloads("xmpp")
	if err != nil {
		f.Fatal(err)
	}
	for _, stanza := range seeds {
		if strings.Contains(stanza, "<services ") {
			f.Add([]byte(stanza))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer Answer
		if xml.Unmarshal(data, &answer) != nil {
			return
		}
		list := answer.List()
		if len(list) > maxServices {
			t.Fatalf("%d services", len(list))
		}
		for _, s := range list {
			if s.Host == "" || !isICE(s.Type) {
				t.Fatalf("got %+v", s)
			}
		}
	})
}
