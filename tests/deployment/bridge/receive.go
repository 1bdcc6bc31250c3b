package bridge

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// The numbers of the header extensions are the same for everybody who is offered them.
var (
	audioTable, videoTable = codec.Audio(), codec.Video()

	idAudioLevel  = audioTable.ExtensionID(codec.AudioLevel)
	idMID         = videoTable.ExtensionID(codec.MID)
	idTransportCC = videoTable.ExtensionID(codec.TransportCC)
	idAbsSendTime = videoTable.ExtensionID(codec.AbsSendTime)
	idDependency  = videoTable.ExtensionID(codec.DependencyDescriptor)
)

// receiveRTP takes a packet of the endpoint.
func (e *Endpoint) receiveRTP(raw []byte) {
	packet := &rtp.Packet{}
	if err := packet.Unmarshal(raw); err != nil {
		e.conference.log.Debugf("%s sent a packet that is no RTP: %v", e.id, err)
		return
	}
	now := time.Now()
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.closed {
		return
	}
	if e.features.TransportCC {
		if extension := packet.GetExtension(idTransportCC); len(extension) >= 2 {
			e.feedback.Record(packet.SSRC, binary.BigEndian.Uint16(extension), now.Sub(c.started).Microseconds())
			if packet.Marker && now.Sub(e.feedbackAt) >= feedbackPause {
				e.sendFeedback(now)
			}
		} else {
			e.missesExtension("transport-cc", packet.SSRC)
		}
	}
	from, known := c.ssrcs[packet.SSRC]
	if !known || from.stream.track.owner != e {
		if !c.unknown[packet.SSRC] {
			c.unknown[packet.SSRC] = true
			c.event(events.Event{Kind: events.UnknownSSRC, Endpoint: e.id, SSRC: packet.SSRC})
		}
		return
	}
	s := from.stream
	if from.rtx {
		if packet = s.unwrapRTX(packet); packet == nil {
			return
		}
	} else {
		s.count(packet, now)
	}
	if len(packet.Payload) == 0 {
		return // padding that probes for bandwidth
	}
	if s.track.media == source.Audio {
		c.hear(e, packet, now)
	} else if !from.rtx && packet.GetExtension(idAbsSendTime) == nil {
		e.missesExtension("abs-send-time", packet.SSRC)
	}
	begins := !from.rtx && !s.alive(now)
	if !from.rtx {
		s.lastMedia = now
	}
	if !s.flowing {
		s.flowing = true
		c.event(events.Event{Kind: events.MediaReceived, Endpoint: e.id, Source: s.track.name, SSRC: s.ssrc})
	}
	if !s.received(packet.SequenceNumber, from.rtx, now) {
		return // it was there already
	}
	if begins = begins && len(s.track.streams) > 1; begins {
		s.track.followLayers(now)
	}
	c.forward(s, packet, now)
	if begins {
		s.track.wantKeyFrame(now)
	}
}

func (e *Endpoint) missesExtension(name string, ssrc uint32) {
	if e.missing[name] {
		return
	}
	e.missing[name] = true
	e.conference.event(events.Event{Kind: events.MissingExtension, Endpoint: e.id, SSRC: ssrc, Detail: name})
}

// unwrapRTX restores the packet that a retransmission carries (RFC 4588); nil when it carries none.
func (s *stream) unwrapRTX(packet *rtp.Packet) *rtp.Packet {
	if len(packet.Payload) <= 2 {
		return nil // probing, or nothing but the number
	}
	pt, ok := videoTable.ByID(packet.PayloadType)
	if !ok || pt.Name != codec.RTX {
		return nil
	}
	original := &rtp.Packet{Header: packet.Header.Clone(), Payload: packet.Payload[2:]}
	original.SSRC = s.ssrc
	original.PayloadType = pt.APT
	original.SequenceNumber = binary.BigEndian.Uint16(packet.Payload)
	return original
}

// hear takes the level of an audio packet (RFC 6464).
func (c *Conference) hear(e *Endpoint, packet *rtp.Packet, now time.Time) {
	extension := packet.GetExtension(idAudioLevel)
	if len(extension) < 1 {
		e.missesExtension("ssrc-audio-level", packet.SSRC)
		return
	}
	c.speakers.hear(e.id, extension[0]&0x7f, now)
}
