package sdp

import (
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/captures"
)

func FuzzOffer(f *testing.F) {
	stanzas, err := captures.Payloads("xmpp")
	if err != nil {
		f.Fatal(err)
	}
	for _, stanza := range stanzas {
		if strings.Contains(stanza, "session-initiate") {
			f.Add([]byte(stanza), 1)
			f.Add([]byte(stanza), 3)
		}
	}
	f.Fuzz(func(t *testing.T, stanza []byte, senders int) {
		m, err := jingle.Parse(stanza)
		session, ok := m.(*jingle.SessionInitiate)
		if err != nil || !ok {
			return
		}
		senders = 1 + max(senders, 0)%8
		offer, err := Offer(session, Options{Codecs: []string{"opus", "vp8", "vp9", "h264", "av1"}, VideoSenders: senders})
		if err != nil {
			return
		}
		if n := strings.Count(offer, "\r\nm="); n != 1+senders {
			t.Fatalf("%d m-lines for %d senders of video:\n%s", n, senders, offer)
		}
		for line := range strings.SplitSeq(strings.TrimSuffix(offer, "\r\n"), "\r\n") {
			if len(line) < 3 || line[1] != '=' || strings.ContainsAny(line, "\r\n\x00") {
				t.Fatalf("line %q in\n%s", line, offer)
			}
			if text, ok := strings.CutPrefix(line, "a=candidate:"); ok {
				if _, err := ParseCandidate("candidate:" + text); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	offer, err := Offer(session(), vp8)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(offer)
	f.Add(offer + "a=ssrc-group:FID 1 2\r\na=ssrc-group:SIM 3 4\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		a, err := ParseAnswer(text)
		if err == nil && (a.Ufrag == "" || a.Pwd == "" || a.Setup == "" || a.RTX == nil) {
			t.Fatalf("got %+v", a)
		}
	})
}

func FuzzParseCandidate(f *testing.F) {
	for _, line := range []string{
		"candidate:1 1 udp 2130706431 127.0.0.1 10000 typ host",
		"a=candidate:3 1 UDP 1677724415 192.0.2.7 4443 typ srflx raddr 10.0.0.1 rport 9 generation 0",
		"candidate:4 1 tcp 5 2001:db8::1 9 typ host tcptype active",
	} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		c, err := ParseCandidate(line)
		if err != nil {
			return
		}
		written, ok := CandidateLine(c)
		if !ok {
			return // TCP
		}
		if again, err := ParseCandidate(written); err != nil || again != c {
			t.Fatalf("%q became %+v, then %+v, %v", line, c, again, err)
		}
	})
}
