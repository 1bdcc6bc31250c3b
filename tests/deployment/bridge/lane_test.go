package bridge

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/source"
)

func streamsForTest() (low, high *stream) {
	t := &track{media: source.Video}
	return &stream{track: t, ssrc: 1}, &stream{track: t, ssrc: 2}
}

func video(pt uint8, seq uint16, at uint32, payload ...byte) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: pt, SequenceNumber: seq, Timestamp: at}, Payload: payload}
}

func TestTimesGoOnBySenderReports(t *testing.T) {
	low, high := streamsForTest()
	low.clock.known, low.clock.ntp, low.clock.rtp = true, 100<<32, 5000
	high.clock.known, high.clock.ntp, high.clock.rtp = true, 101<<32, 7_000_000
	l := &lane{ssrc: 9}
	now := time.Now()
	first := video(107, 10, 5000, 0x67)
	l.splice(low, first, now)
	l.rewrite(first, now)
	// Half a second after its report, which was a second after the other's.
	second := video(107, 500, 7_000_000+45000, 0x67)
	l.splice(high, second, now)
	if out := l.rewrite(second, now); out.Timestamp != 5000+90000+45000 || out.SequenceNumber != 11 || out.SSRC != 9 {
		t.Errorf("time %d, number %d, SSRC %d", out.Timestamp, out.SequenceNumber, out.SSRC)
	}
}

func TestTimesGoOnByArrivalWithoutSenderReports(t *testing.T) {
	low, high := streamsForTest()
	l := &lane{}
	now := time.Now()
	first := video(107, 10, 5000, 0x67)
	l.splice(low, first, now)
	l.rewrite(first, now)
	later := now.Add(100 * time.Millisecond)
	second := video(107, 500, 7_000_000, 0x67)
	l.splice(high, second, later)
	if out := l.rewrite(second, later); out.Timestamp != 5000+9000 {
		t.Errorf("time %d", out.Timestamp)
	}
	// At the same moment time goes on, too: a frame of its own has a time of its own.
	third := video(107, 11, 5000, 0x67)
	l.splice(low, third, later)
	if out := l.rewrite(third, later); out.Timestamp != 5000+9000+1 {
		t.Errorf("time %d", out.Timestamp)
	}
}

func TestPictureIDsKeepTheirSize(t *testing.T) {
	low, high := streamsForTest()
	l := &lane{}
	now := time.Now()
	first := video(100, 1, 0, 0x90, 0xc0, 0x7f, 0xff, 0x00) // short picture id 127, TL0PICIDX 255
	l.splice(low, first, now)
	l.rewrite(first, now)
	second := video(100, 1, 0, 0x90, 0xc0, 0x05, 0x06, 0x00)
	l.splice(high, second, now)
	out := l.rewrite(second, now)
	if out.Payload[2] != 0 || out.Payload[3] != 0 {
		t.Errorf("picture %d, TL0PICIDX %d", out.Payload[2], out.Payload[3])
	}
	if second.Payload[2] != 5 {
		t.Error("the sender's packet was changed, which others get, too")
	}
}

func TestDependencyDescriptorsCountOn(t *testing.T) {
	low, high := streamsForTest()
	l := &lane{}
	now := time.Now()
	frame := func(n uint16) *rtp.Packet {
		p := video(41, 1, 0, 0x18)
		descriptor := binary.BigEndian.AppendUint16([]byte{0xc0}, n)
		if err := p.SetExtension(idDependency, append(descriptor, 0x80, 0x01)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	l.splice(low, frame(700), now)
	l.rewrite(frame(700), now)
	l.splice(high, frame(3), now)
	out := l.rewrite(frame(3), now).GetExtension(idDependency)
	if n := binary.BigEndian.Uint16(out[1:]); n != 701 || len(out) != 5 || out[3] != 0x80 {
		t.Errorf("descriptor %x", out)
	}
}
