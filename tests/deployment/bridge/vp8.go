package bridge

import "encoding/binary"

// vp8Descriptor is where things are in the payload descriptor of RFC 7741 4.2.
type vp8Descriptor struct {
	size       int  // of the descriptor
	start      bool // of a frame's first partition
	pictureAt  int  // 0 when there is none
	pictureLen int
	picture    uint16
	tl0At      int // 0 when there is none
	tl0        uint8
}

// readVP8 reads it; what is cut off is none.
func readVP8(payload []byte) (vp8Descriptor, bool) {
	if len(payload) < 1 {
		return vp8Descriptor{}, false
	}
	d := vp8Descriptor{size: 1, start: payload[0]&0x10 != 0 && payload[0]&0x07 == 0}
	if payload[0]&0x80 == 0 {
		return d, true
	}
	if len(payload) < 2 {
		return vp8Descriptor{}, false
	}
	extension := payload[1]
	d.size = 2
	if extension&0x80 != 0 {
		d.pictureAt, d.pictureLen = d.size, 1
		if len(payload) > d.size && payload[d.size]&0x80 != 0 {
			d.pictureLen = 2
		}
		d.size += d.pictureLen
	}
	if extension&0x40 != 0 {
		d.tl0At = d.size
		d.size++
	}
	if extension&0x30 != 0 {
		d.size++
	}
	if len(payload) < d.size {
		return vp8Descriptor{}, false
	}
	switch d.pictureLen {
	case 1:
		d.picture = uint16(payload[d.pictureAt])
	case 2:
		d.picture = binary.BigEndian.Uint16(payload[d.pictureAt:]) & 0x7fff
	}
	if d.tl0At != 0 {
		d.tl0 = payload[d.tl0At]
	}
	return d, true
}

// set writes other numbers where the payload has some.
func (d vp8Descriptor) set(payload []byte, picture uint16, tl0 uint8) {
	switch d.pictureLen {
	case 1:
		payload[d.pictureAt] = uint8(picture & 0x7f)
	case 2:
		binary.BigEndian.PutUint16(payload[d.pictureAt:], picture|0x8000)
	}
	if d.tl0At != 0 {
		payload[d.tl0At] = tl0
	}
}
