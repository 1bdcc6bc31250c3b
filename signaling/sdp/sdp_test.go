package sdp

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
)

// session is what the bridge of captures/a-alice.log offers, shortened.
func session() *jingle.SessionInitiate {
	return &jingle.SessionInitiate{
		SID: "1uhl55odh1iuq",
		Audio: jingle.Description{
			Media: jingle.Audio,
			PayloadTypes: []jingle.PayloadType{
				{ID: 111, Name: "opus", ClockRate: 48000, Channels: 2,
					Parameters: []jingle.Parameter{{Name: "minptime", Value: "10"}, {Name: "useinbandfec", Value: "1"}},
					Feedback:   []jingle.Feedback{{Type: "transport-cc"}}},
				{ID: 126, Name: "telephone-event", ClockRate: 8000, Channels: 1},
			},
			HeaderExtensions: []jingle.HeaderExtension{{ID: 1, URI: AudioLevel}, {ID: 10, URI: "urn:ietf:params:rtp-hdrext:sdes:mid"}, {ID: 5, URI: TransportCC}},
		},
		Video: jingle.Description{
			Media: jingle.Video,
			PayloadTypes: []jingle.PayloadType{
				{ID: 41, Name: "AV1", ClockRate: 90000, Channels: 1},
				{ID: 100, Name: "VP8", ClockRate: 90000, Channels: 1, Feedback: []jingle.Feedback{{Type: "ccm", Subtype: "fir"}, {Type: "nack"}, {Type: "nack", Subtype: "pli"}, {Type: "transport-cc"}}},
				{ID: 107, Name: "H264", ClockRate: 90000, Channels: 1, Parameters: []jingle.Parameter{{Name: "profile-level-id", Value: "42e01f;level-asymmetry-allowed=1;packetization-mode=1;"}}},
				{ID: 42, Name: "rtx", ClockRate: 90000, Channels: 1, Parameters: []jingle.Parameter{{Name: "apt", Value: "41"}}},
				{ID: 96, Name: "rtx", ClockRate: 90000, Channels: 1, Parameters: []jingle.Parameter{{Name: "apt", Value: "100"}}},
			},
			HeaderExtensions: []jingle.HeaderExtension{{ID: 5, URI: TransportCC}},
		},
		Transport: jingle.Transport{
			Ufrag: "961tc1k82ov255", Pwd: "3u91044r87vt94m52numu7mtrk",
			Fingerprint: jingle.Fingerprint{Hash: "sha-256", Value: "41:5C", Setup: "actpass"},
			Candidates: []jingle.Candidate{
				{Foundation: "1", Component: 1, Protocol: "udp", Priority: 2130706431, Addr: netip.MustParseAddrPort("127.0.0.1:10000"), Type: "host"},
				{Foundation: "2", Component: 1, Protocol: "tcp", Priority: 1, Addr: netip.MustParseAddrPort("127.0.0.1:443"), Type: "host"},
			},
		},
	}
}

var vp8 = Options{Codecs: []string{"opus", "vp8"}, VideoSenders: 1}

func TestOfferTakesOnlyOurCodecsAndTheirRTX(t *testing.T) {
	offer, err := Offer(session(), vp8)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "m=video 9 UDP/TLS/RTP/SAVPF 100 96\r\n",
		"a=rtpmap:111 opus/48000/2\r\n", "a=fmtp:111 minptime=10;useinbandfec=1\r\n", "a=fmtp:96 apt=100\r\n",
		"a=rtcp-fb:100 nack pli\r\n", "a=extmap:1 " + AudioLevel + " vad=on\r\n",
		"a=group:BUNDLE audio video\r\n", "a=setup:actpass\r\n",
		"a=candidate:1 1 udp 2130706431 127.0.0.1 10000 typ host\r\n",
	} {
		if !strings.Contains(offer, want) {
			t.Errorf("no %q in\n%s", want, offer)
		}
	}
	for _, unwanted := range []string{"AV1", "telephone-event", "sdes:mid", " tcp ", "a=ssrc"} {
		if strings.Contains(offer, unwanted) {
			t.Errorf("%q in\n%s", unwanted, offer)
		}
	}
}

func TestOfferHasAnMLineForEachFurtherSender(t *testing.T) {
	offer, err := Offer(session(), Options{Codecs: vp8.Codecs, VideoSenders: 3})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(offer, "m=video"); n != 3 {
		t.Errorf("%d video m-lines, want 3", n)
	}
	if !strings.Contains(offer, "a=mid:video2\r\na=recvonly\r\n") {
		t.Errorf("the third is not receive-only for the bridge:\n%s", offer)
	}
}

func TestH264ParametersInOneValueAreKept(t *testing.T) {
	offer, err := Offer(session(), Options{Codecs: []string{"opus", "h264"}, VideoSenders: 1})
	if err != nil {
		t.Fatal(err)
	}
	if want := "a=fmtp:107 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1\r\n"; !strings.Contains(offer, want) {
		t.Errorf("no %q in\n%s", want, offer)
	}
}

func TestNoCommonCodecNamesBothSides(t *testing.T) {
	_, err := Offer(session(), Options{Codecs: []string{"opus", "vp9"}, VideoSenders: 1})
	if !errors.Is(err, ErrNoCommonCodec) || !strings.Contains(err.Error(), "AV1, VP8, H264") || !strings.Contains(err.Error(), "vp9") {
		t.Errorf("got %v", err)
	}
}

func TestTextFromTheWireCanNotAddLines(t *testing.T) {
	s := session()
	s.Transport.Ufrag = "x\r\na=candidate:evil"
	if _, err := Offer(s, vp8); err == nil {
		t.Error("a line break in the ufrag was taken")
	}
}

func TestAnswerTellsWhatTheBridgeMustKnow(t *testing.T) {
	a, err := ParseAnswer("v=0\r\nm=audio 9 x 111\r\na=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:active\r\na=ssrc-group:FID 1 2\r\na=ssrc-group:SIM 3 4\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if a.Ufrag != "u" || a.Pwd != "p" || a.Setup != "active" || len(a.RTX) != 1 || a.RTX[1] != 2 {
		t.Errorf("got %+v", a)
	}
}

func TestBadAnswersAreErrors(t *testing.T) {
	for name, text := range map[string]string{
		"no transport": "v=0\r\n",
		"bad primary":  "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:active\r\na=ssrc-group:FID x 2\r\n",
		"bad rtx":      "a=ice-ufrag:u\r\na=ice-pwd:p\r\na=setup:active\r\na=ssrc-group:FID 1 99999999999\r\n",
	} {
		if _, err := ParseAnswer(text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestCandidatesSurviveARoundTrip(t *testing.T) {
	for _, line := range []string{
		"candidate:1 1 udp 2130706431 127.0.0.1 10000 typ host",
		"candidate:3 1 udp 1677724415 192.0.2.7 4443 typ srflx raddr 10.0.0.1 rport 9",
		"candidate:4 1 udp 5 2001:db8::1 10000 typ host",
	} {
		c, err := ParseCandidate(line)
		if err != nil {
			t.Error(err)
			continue
		}
		if got, ok := CandidateLine(c); !ok || got != line {
			t.Errorf("%q became %q", line, got)
		}
	}
}

func TestBadCandidatesAreErrors(t *testing.T) {
	for _, line := range []string{
		"", "candidate:1", "candidate:1 1 udp 1 127.0.0.1 10000 host typ", "candidate:1 x udp 1 127.0.0.1 1 typ host",
		"candidate:1 1 udp x 127.0.0.1 1 typ host", "candidate:1 1 udp 1 host.local 1 typ host", "candidate:1 1 udp 1 127.0.0.1 70000 typ host",
		"candidate:1 1 udp 1 127.0.0.1 1 typ srflx raddr x rport 1",
	} {
		if _, err := ParseCandidate(line); err == nil {
			t.Errorf("%q: no error", line)
		}
	}
}
