package bridge

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// simulcastOf are the sources of a client with three layers: n02, n04 and n06, each with retransmissions.
func simulcastOf(id string, n uint32) source.Set {
	set := sourcesOf(id, n)
	set.Video = source.List{}
	for ssrc := n*100 + 2; ssrc <= n*100+7; ssrc++ {
		set.Video.Sources = append(set.Video.Sources, source.Source{SSRC: ssrc, Name: id + "-v0", VideoType: "camera"})
	}
	for ssrc := n*100 + 2; ssrc <= n*100+7; ssrc += 2 {
		set.Video.Groups = append(set.Video.Groups, source.Group{Semantics: source.FID, SSRCs: []uint32{ssrc, ssrc + 1}})
	}
	set.Video.Groups = append(set.Video.Groups, source.Group{Semantics: source.SIM, SSRCs: []uint32{n*100 + 2, n*100 + 4, n*100 + 6}})
	return set
}

// film runs the camera until the test is over. Layers that come on the channel end.
func (c *client) film(first uint32) (stop chan int) {
	stop = make(chan int)
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.camera(first, stop)
	}()
	c.t.Cleanup(func() {
		close(stop)
		<-done
	})
	return stop
}

// camera sends frames of two packets on each layer, and key frames of all when it's asked. Its layers count in ways of
// their own. A number in layers stops it for that layer.
func (c *client) camera(first uint32, stop <-chan int) {
	running := [3]bool{true, true, true}
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	key := true
	for n := 0; ; {
		select {
		case <-c.ctx.Done():
			return
		case layer, open := <-stop:
			if !open {
				return
			}
			running[layer] = false
		case p := <-c.rtcp:
			if pli, ok := p.(*rtcp.PictureLossIndication); ok && pli.MediaSSRC == first {
				key = true
			}
		case <-ticker.C:
			for part := range 2 {
				for layer, on := range running {
					if on {
						c.send(layeredVP8(first, layer, n, part, key))
					}
				}
			}
			key = false
			n++
		}
	}
}

// layeredVP8 makes a packet with a long picture id and TL0PICIDX. Its last octet is the layer.
func layeredVP8(first uint32, layer, frame, part int, key bool) *rtp.Packet {
	picture, tl0 := 0x7ff0+frame+1000*layer, 250+frame+50*layer
	payload := []byte{0x80, 0xe0, 0x80 | byte(picture>>8), byte(picture), byte(tl0), 0x20, 0x01, byte(layer)}
	if part == 0 {
		payload[0] |= 0x10
	}
	if key {
		payload[6] = 0x00
	}
	return &rtp.Packet{Payload: payload, Header: rtp.Header{
		PayloadType: 100, SSRC: first + uint32(2*layer), SequenceNumber: uint16(2*frame + part + 20000*(layer+1)),
		Timestamp: uint32(frame)*1800 + uint32(layer)*1e9, Marker: part == 1,
	}}
}

// follow reads a source until it gets a packet of a layer, and checks that the stream has no break.
func (c *client) follow(ssrc uint32, layer byte, last *rtp.Packet) *rtp.Packet {
	c.t.Helper()
	for {
		p := c.gets(bySSRC(ssrc))
		if last != nil {
			before, ok := readVP8(last.Payload)
			now, ok2 := readVP8(p.Payload)
			if !ok || !ok2 {
				c.t.Fatalf("not VP8: %s", p)
			}
			if p.SequenceNumber != last.SequenceNumber+1 {
				c.t.Errorf("number %d comes after %d", p.SequenceNumber, last.SequenceNumber)
			}
			if passed := p.Timestamp - last.Timestamp; last.Marker && (passed == 0 || passed > 3*90000) || !last.Marker && passed != 0 {
				c.t.Errorf("time %d comes after %d", p.Timestamp, last.Timestamp)
			}
			var next uint16
			if last.Marker {
				next = 1
			}
			if now.picture != (before.picture+next)&0x7fff || now.tl0 != before.tl0+uint8(next) {
				c.t.Errorf("picture %d, TL0PICIDX %d come after %d, %d", now.picture, now.tl0, before.picture, before.tl0)
			}
		}
		if last = p; p.Payload[7] == layer && p.Marker {
			return p
		}
	}
}

func TestLayersFollowTheWantedHeight(t *testing.T) {
	s, alice, bob := two(t)
	alice.endpoint.SetSources(simulcastOf("aaaa", 1))
	alice.film(102)
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 106 })
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":180}}`)
	alice.hears(`"maxHeight":180`)
	last := bob.follow(102, 0, nil)
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":720}}`)
	alice.hears(`"maxHeight":720`)
	last = bob.follow(102, 2, last)
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":500}}`)
	alice.hears(`"maxHeight":500`)
	bob.follow(102, 1, last)
	if n := s.log.Count(func(e events.Event) bool { return e.Kind == events.KeyFrameRequested && e.SSRC != 102 }); n != 0 {
		t.Error("key frames are asked of a layer that isn't the first")
	}
}

func TestEachReceiverHasItsLayer(t *testing.T) {
	s, alice, bob := two(t)
	carol := s.join("cccc", clientOptions{})
	carol.openChannel()
	alice.endpoint.SetSources(simulcastOf("aaaa", 1))
	alice.film(102)
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 106 })
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":720}}`)
	carol.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":90}}`)
	bob.follow(102, 2, nil)
	carol.follow(102, 0, nil)
}

func TestLowerLayerStandsInForOneThatEnds(t *testing.T) {
	s, alice, bob := two(t)
	alice.endpoint.SetSources(simulcastOf("aaaa", 1))
	stop := alice.film(102)
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 106 })
	bob.say(wantsAll)
	last := bob.follow(102, 2, nil)
	stop <- 2
	bob.follow(102, 1, last)
}

func TestRetransmissionsAreOfTheLayerThatWasSent(t *testing.T) {
	s, alice, bob := two(t)
	alice.endpoint.SetSources(simulcastOf("aaaa", 1))
	alice.film(102)
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 106 })
	bob.say(wantsAll)
	last := bob.follow(102, 2, nil)
	bob.sendRTCP(&rtcp.TransportLayerNack{MediaSSRC: 102, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{last.SequenceNumber})})
	again := bob.gets(bySSRC(103))
	if got := uint16(again.Payload[0])<<8 | uint16(again.Payload[1]); got != last.SequenceNumber || string(again.Payload[2:]) != string(last.Payload) {
		t.Errorf("retransmitted is number %d, %x; sent was %d, %x", got, again.Payload[2:], last.SequenceNumber, last.Payload)
	}
}
