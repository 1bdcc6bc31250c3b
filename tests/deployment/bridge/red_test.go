package bridge

import (
	"slices"
	"testing"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
)

func TestRedundantAudioGoesToThoseWhoTakeIt(t *testing.T) {
	s, alice, bob := two(t)
	features := codec.Features{RTX: true, TransportCC: true, MID: true, RED: true}
	carol := s.join("cccc", clientOptions{features: features})
	redundant := []byte{0x80 | 111, 960 >> 6, 960 & 0x3f << 2, 2, 111, 'a', 'b', 'c', 'd', 'e'}
	alice.send(&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 101, SequenceNumber: 7, PayloadType: 112}, Payload: redundant}, level(30))
	if p := carol.gets(bySSRC(101)); p.PayloadType != 112 || !slices.Equal(p.Payload, redundant) {
		t.Errorf("carol has got %d: %q", p.PayloadType, p.Payload)
	}
	if p := bob.gets(bySSRC(101)); p.PayloadType != 111 || string(p.Payload) != "cde" {
		t.Errorf("bob has got %d: %q", p.PayloadType, p.Payload)
	}
}

func TestBrokenRedundantAudioIsDropped(t *testing.T) {
	for _, payload := range [][]byte{nil, {0x80 | 111}, {0x80 | 111, 0, 0, 1}, {0x80 | 111, 0, 0, 2, 111, 'a'}} {
		if p := withoutRedundancy(&rtp.Packet{Header: rtp.Header{PayloadType: 112}, Payload: payload}); p != nil {
			t.Errorf("%v became %q", payload, p.Payload)
		}
	}
	plain := &rtp.Packet{Header: rtp.Header{PayloadType: 111}, Payload: []byte{0xff}}
	if withoutRedundancy(plain) != plain {
		t.Error("a packet of Opus was changed")
	}
}
