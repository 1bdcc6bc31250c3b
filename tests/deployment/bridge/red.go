package bridge

import (
	"encoding/binary"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
)

// withoutRedundancy is a packet as those get it who take no redundant audio (RFC 2198); nil where it is broken. The real bridge's
// AudioRedHandler passes on what it has not had, too.
func withoutRedundancy(packet *rtp.Packet) *rtp.Packet {
	if pt, ok := audioTable.ByID(packet.PayloadType); !ok || pt.Name != codec.RED {
		return packet
	}
	rest, before := packet.Payload, 0
	for len(rest) >= 4 && rest[0]&0x80 != 0 {
		before += int(binary.BigEndian.Uint16(rest[2:]) & 0x3ff)
		rest = rest[4:]
	}
	if len(rest) == 0 || rest[0]&0x80 != 0 || len(rest)-1 < before {
		return nil
	}
	header := packet.Header.Clone()
	header.PayloadType = rest[0]
	return &rtp.Packet{Header: header, Payload: rest[1+before:]}
}
