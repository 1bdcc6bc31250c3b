package focus

import (
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"

	"gstjitsi/tests/captures"
)

// FuzzAnswer reads any text as the focus' answer in both forms, XMPP's and HTTP's.
func FuzzAnswer(f *testing.F) {
	seeds, err := captures.Payloads("xmpp")
	if err != nil {
		f.Fatal(err)
	}
	for _, stanza := range seeds {
		if _, conference, ok := strings.Cut(stanza, "<conference "); ok {
			conference, _, _ = strings.Cut(conference, "</iq>")
			f.Add([]byte("<conference " + conference))
		}
	}
	f.Add([]byte(`{"ready":true,"focusJid":"focus@auth.jitsi.test","room":"a","vnode":"v1","properties":{"live":true,"max":3}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, unmarshal := range []func([]byte, any) error{xml.Unmarshal, json.Unmarshal} {
			var answer Answer
			if unmarshal(data, &answer) != nil {
				continue
			}
			if strings.ContainsAny(answer.VNode, "./@: ") {
				t.Fatalf("we are sent to %q", answer.VNode)
			}
		}
	})
}
