package robot

import (
	"slices"
	"strings"

	"github.com/pion/rtp"

	"gstjitsi/signaling/jingle"
)

// distance is how many packets each brings again: as many as browsers send.
const distance = 2

// useRED sends each packet with those before it (RFC 2198), where the offer has that.
func (s *stream) useRED() {
	if i := slices.IndexFunc(s.offer.PayloadTypes, func(pt jingle.PayloadType) bool { return strings.EqualFold(pt.Name, "red") }); i >= 0 {
		s.redPT = s.offer.PayloadTypes[i].ID
	}
}

// redundant wraps a packet of sound, if it shall be.
func (s *stream) redundant(p *rtp.Packet) *rtp.Packet {
	if s.redPT == 0 {
		return p
	}
	var headers, bodies []byte
	for _, b := range s.before {
		offset, size := p.Timestamp-b.Timestamp, len(b.Payload)
		if offset >= 1<<14 || size >= 1<<10 {
			headers, bodies = nil, nil // what comes next would be taken for this one
			continue
		}
		headers = append(headers, 0x80|b.PayloadType, byte(offset>>6), byte(offset<<2)|byte(size>>8), byte(size))
		bodies = append(bodies, b.Payload...)
	}
	out := &rtp.Packet{Header: p.Header.Clone(), Payload: slices.Concat(headers, []byte{p.PayloadType}, bodies, p.Payload)}
	out.PayloadType = s.redPT
	if s.before = append(s.before, p); len(s.before) > distance {
		s.before = s.before[1:]
	}
	return out
}
