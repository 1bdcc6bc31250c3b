package bridge

import (
	"context"
	"encoding/binary"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
)

const wantsAll = `{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"defaultConstraints":{"maxHeight":720},"constraints":{}}`

// two makes alice, who sends, and bob, who receives; both have a channel.
func two(t *testing.T) (s *stage, alice, bob *client) {
	t.Helper()
	s = newStage(t, Options{})
	alice, bob = s.join("aaaa", clientOptions{}), s.join("bbbb", clientOptions{})
	alice.endpoint.SetSources(sourcesOf("aaaa", 1))
	alice.openChannel()
	bob.openChannel()
	alice.hears("ServerHello")
	bob.hears("ServerHello")
	return s, alice, bob
}

func bySSRC(ssrc uint32) func(*rtp.Packet) bool {
	return func(p *rtp.Packet) bool { return p.SSRC == ssrc }
}

func TestClientsConnectAsEitherSideOfDTLS(t *testing.T) {
	for _, test := range []struct {
		name string
		opts clientOptions
		role string
	}{
		{"active", clientOptions{}, "active"},
		{"passive", clientOptions{passive: true}, "passive"},
		{"active, and controlling ICE", clientOptions{controlling: true}, "active"},
		{"passive with RSA, as GStreamer's dtls element has it", clientOptions{passive: true, rsa: true}, "passive"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Options{})
			alice, bob := s.join("aaaa", test.opts), s.join("bbbb", clientOptions{})
			ready := s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReady && e.Endpoint == "aaaa" })
			if ready.Detail != test.role {
				t.Errorf("role is %q", ready.Detail)
			}
			alice.endpoint.SetSources(sourcesOf("aaaa", 1))
			alice.send(opus(101, 1), level(20))
			bob.gets(bySSRC(101))
		})
	}
}

func TestClientsAreRefusedInDTLS(t *testing.T) {
	for _, test := range []struct {
		name string
		opts clientOptions
	}{
		{"an RSA certificate of an active client", clientOptions{rsa: true}},
		{"another certificate than was signalled", clientOptions{wrongFingerprint: true}},
		{"another certificate than was signalled, of a passive client", clientOptions{wrongFingerprint: true, passive: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Options{})
			s.begin("aaaa", test.opts)
			s.waitFor(kind(events.DTLSRefused))
			if n := s.log.Count(kind(events.MediaReady)); n != 0 {
				t.Error("media is ready nevertheless")
			}
		})
	}
}

func TestWrongFingerprintIsAnnouncedOnDemand(t *testing.T) {
	s := newStage(t, Options{WrongFingerprint: true})
	e, err := s.conference.AddEndpoint("aaaa", allFeatures)
	if err != nil {
		t.Fatal(err)
	}
	if got := e.Transport().Fingerprint; got == s.bridge.certificate.Fingerprint || len(got) != 95 {
		t.Errorf("fingerprint %s", got)
	}
}

func TestAudioGoesToEverybodyElse(t *testing.T) {
	s, alice, bob := two(t)
	carol := s.join("cccc", clientOptions{features: codec.Features{}})
	alice.send(opus(101, 7), level(30))
	for _, receiver := range []*client{bob, carol} {
		p := receiver.gets(bySSRC(101))
		if p.SequenceNumber != 7 || p.Timestamp != 7*960 || p.PayloadType != 111 {
			t.Errorf("%s got %s", receiver.id, p)
		}
		if got := p.GetExtension(idAudioLevel); len(got) != 1 || got[0] != 30 {
			t.Errorf("%s got audio level %v", receiver.id, got)
		}
	}
	select {
	case p := <-alice.rtp:
		t.Errorf("alice hears herself: %s", p)
	default:
	}
}

func TestVideoIsForwardedOnlyWhenAskedFor(t *testing.T) {
	s, alice, bob := two(t)
	alice.send(vp8(102, 1, true))
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 102 })
	// Audio that was sent later has arrived: the video that was sent before it was not forwarded.
	alice.send(opus(101, 1), level(30))
	if p := bob.gets(func(*rtp.Packet) bool { return true }); p.SSRC != 101 {
		t.Fatalf("bob got %s before asking", p)
	}

	bob.say(wantsAll)
	bob.hears(`{"colibriClass":"ForwardedSources","forwardedSources":["aaaa-v0"]}`)
	alice.hears(`{"colibriClass":"SenderSourceConstraints", "sourceName":"aaaa-v0", "maxHeight":720}`)
	getsRTCP(alice, func(p *rtcp.PictureLossIndication) bool { return p.MediaSSRC == 102 })
	alice.send(vp8(102, 2, false))
	alice.send(vp8(102, 3, true))
	if p := bob.gets(bySSRC(102)); p.SequenceNumber != 3 {
		t.Errorf("the first packet is number %d, not the key frame", p.SequenceNumber)
	}

	bob.say(`{"colibriClass":"ReceiverVideoConstraints","lastN":0}`)
	bob.hears(`"forwardedSources":[]`)
	alice.hears(`"maxHeight":0`)
	alice.send(vp8(102, 4, true))
	alice.send(opus(101, 2), level(30))
	if p := bob.gets(func(p *rtp.Packet) bool { return p.SSRC == 102 || p.SequenceNumber == 2 }); p.SSRC == 102 {
		t.Error("video is forwarded although lastN is 0")
	}

	// The pause leaves no gap in the numbers.
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1}`)
	bob.hears(`"forwardedSources":["aaaa-v0"]`)
	alice.send(vp8(102, 50, true))
	if p := bob.gets(bySSRC(102)); p.SequenceNumber != 4 || p.Timestamp != 50*3000 {
		t.Errorf("after the pause comes number %d, time %d", p.SequenceNumber, p.Timestamp)
	}
}

func TestConstraintsChooseSources(t *testing.T) {
	s, _, bob := two(t)
	for i, id := range []string{"cccc", "dddd"} {
		s.join(id, clientOptions{}).endpoint.SetSources(sourcesOf(id, uint32(i+3)))
	}
	for _, test := range []struct{ name, ask, want string }{
		{"all", wantsAll, `["aaaa-v0","cccc-v0","dddd-v0"]`},
		{"the first of them", `{"colibriClass":"ReceiverVideoConstraints","lastN":1}`, `["aaaa-v0"]`},
		{"who is selected comes first", `{"colibriClass":"ReceiverVideoConstraints","lastN":2,"selectedSources":["dddd-v0"]}`, `["dddd-v0","aaaa-v0"]`},
		{"and who is on stage before that", `{"colibriClass":"ReceiverVideoConstraints","onStageSources":["cccc-v0"]}`, `["cccc-v0","dddd-v0"]`},
		{"one by name", `{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"selectedSources":[],"onStageSources":[],"defaultConstraints":{"maxHeight":0},"constraints":{"cccc-v0":{"maxHeight":180}}}`, `["cccc-v0"]`},
	} {
		bob.say(test.ask)
		bob.hears("ForwardedSources", test.want)
	}
}

func TestUnknownFieldRefusesTheWholeMessage(t *testing.T) {
	s, _, bob := two(t)
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","lastN":-1,"selectedEndpoints":[],"defaultConstraints":{"maxHeight":720}}`)
	s.waitFor(kind(events.ConstraintsRefused))
	if s.log.Count(kind(events.Constraints)) != 0 {
		t.Error("the message was accepted, too")
	}
	bob.say(wantsAll)
	s.waitFor(kind(events.Constraints))
}

func TestSendersLearnTheGreatestHeight(t *testing.T) {
	s, alice, bob := two(t)
	carol := s.join("cccc", clientOptions{})
	carol.openChannel()
	bob.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":180}}`)
	alice.hears(`"maxHeight":180`)
	carol.say(`{"colibriClass":"ReceiverVideoConstraints","defaultConstraints":{"maxHeight":360}}`)
	alice.hears(`"maxHeight":360`)
	carol.endpoint.Close()
	alice.hears(`"maxHeight":180`)
	alice.say(`{"colibriClass":"SourceVideoTypeMessage","sourceName":"aaaa-v0","videoType":"none"}`)
	alice.hears(`"maxHeight":0`)
}

func TestKeyFrameRequestsArePassedOnAndLimited(t *testing.T) {
	s, alice, bob := two(t)
	alice.send(vp8(102, 1, true))
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReceived && e.SSRC == 102 })
	bob.say(wantsAll)
	s.waitFor(kind(events.KeyFrameRequested)) // bob begins
	alice.send(vp8(102, 2, true))
	bob.gets(bySSRC(102))
	for range 5 {
		bob.sendRTCP(&rtcp.PictureLossIndication{MediaSSRC: 102})
	}
	bob.sendRTCP(&rtcp.FullIntraRequest{MediaSSRC: 102, FIR: []rtcp.FIREntry{{SSRC: 102}}})
	if _, err := s.log.WaitForNth(s.ctx, 6, kind(events.KeyFrameAsked)); err != nil {
		t.Fatal(err)
	}
	if n := s.log.Count(kind(events.KeyFrameRequested)); n > 3 { // fewer where they come at once
		t.Errorf("%d requests reached the sender, the limit is 3", n)
	}
}

func TestLostPacketsAreRepeatedToReceivers(t *testing.T) {
	for _, test := range []struct {
		name     string
		features codec.Features
		ssrc     uint32
		pt       uint8
	}{
		{"with RTX", allFeatures, 103, 96},
		{"without RTX", codec.Features{MID: true}, 102, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newStage(t, Options{})
			alice, bob := s.join("aaaa", clientOptions{}), s.join("bbbb", clientOptions{features: test.features})
			alice.endpoint.SetSources(sourcesOf("aaaa", 1))
			bob.openChannel()
			bob.say(wantsAll)
			s.waitFor(kind(events.Constraints))
			alice.send(vp8(102, 10, true))
			first := bob.gets(bySSRC(102))
			bob.sendRTCP(&rtcp.TransportLayerNack{MediaSSRC: 102, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{10})})
			again := bob.gets(bySSRC(test.ssrc))
			payload := again.Payload
			if test.ssrc == 103 {
				if osn := binary.BigEndian.Uint16(payload); osn != 10 {
					t.Errorf("the original number is %d", osn)
				}
				payload = payload[2:]
			}
			if again.PayloadType != test.pt || again.Timestamp != first.Timestamp || string(payload) != string(first.Payload) {
				t.Errorf("first %s, again %s", first, again)
			}
		})
	}
}

func TestLostPacketsAreAskedOfSenders(t *testing.T) {
	s, alice, bob := two(t)
	bob.say(wantsAll)
	s.waitFor(kind(events.Constraints))
	alice.send(vp8(102, 10, true))
	alice.send(vp8(102, 12, false))
	nack := getsRTCP(alice, func(p *rtcp.TransportLayerNack) bool { return p.MediaSSRC == 102 })
	if got := nack.Nacks[0].PacketList(); len(got) != 1 || got[0] != 11 {
		t.Errorf("asked for %v", got)
	}
	lost := vp8(102, 11, false)
	rtx := &rtp.Packet{Header: rtp.Header{PayloadType: 96, SSRC: 103, SequenceNumber: 1, Timestamp: lost.Timestamp, Marker: true},
		Payload: append([]byte{0, 11}, lost.Payload...)}
	alice.send(rtx)
	s.waitFor(kind(events.RecoveredByRTX))
	p := bob.gets(func(p *rtp.Packet) bool { return p.SSRC == 102 && p.SequenceNumber == 11 })
	if p.PayloadType != 100 || string(p.Payload) != string(lost.Payload) {
		t.Errorf("recovered packet is %s", p)
	}
}

func TestReceiversGetSenderReportsButNoSDES(t *testing.T) {
	_, alice, bob := two(t)
	alice.send(opus(101, 1), level(30))
	bob.gets(bySSRC(101))
	alice.sendRTCP(
		&rtcp.SenderReport{SSRC: 101, NTPTime: 1 << 40, RTPTime: 960, PacketCount: 1, OctetCount: 3,
			Reports: []rtcp.ReceptionReport{{SSRC: 999}}},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 101, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "alice"}}}}},
	)
	alice.sendRTCP(&rtcp.SenderReport{SSRC: 101, NTPTime: 2 << 40, RTPTime: 1920})
	for {
		var p rtcp.Packet
		select {
		case p = <-bob.rtcp:
		case <-bob.ctx.Done():
			t.Fatal("no sender report")
		}
		switch p := p.(type) {
		case *rtcp.SourceDescription:
			t.Fatalf("SDES came through: %s", p)
		case *rtcp.SenderReport:
			if len(p.Reports) > 0 {
				t.Errorf("the sender's reception reports came through: %v", p.Reports)
			}
			if p.NTPTime == 2<<40 {
				return
			}
			if p.NTPTime != 1<<40 || p.RTPTime != 960 {
				t.Errorf("the report's times are %d, %d", p.NTPTime, p.RTPTime)
			}
		}
	}
}

func TestSendersGetReceiverReportsAndFeedback(t *testing.T) {
	_, alice, _ := two(t)
	alice.send(opus(101, 5), level(30))
	feedback := getsRTCP(alice, func(p *rtcp.TransportLayerCC) bool { return true })
	if feedback.BaseSequenceNumber != 1 || feedback.PacketStatusCount != 1 {
		t.Errorf("feedback %s", feedback)
	}
	report := getsRTCP(alice, func(p *rtcp.ReceiverReport) bool { return len(p.Reports) > 0 })
	if r := report.Reports[0]; r.SSRC != 101 || r.LastSequenceNumber != 5 || r.TotalLost != 0 {
		t.Errorf("report %+v", r)
	}
}

func TestReceiversPacketsAreNumberedAcrossStreams(t *testing.T) {
	s, alice, bob := two(t)
	bob.say(wantsAll)
	s.waitFor(kind(events.Constraints))
	carol := s.join("cccc", clientOptions{features: codec.Features{RTX: true}})
	alice.send(opus(101, 1), level(30), func(h *rtp.Header) {
		if err := h.SetExtension(idMID, []byte("0")); err != nil {
			t.Error(err)
		}
	})
	alice.send(vp8(102, 1, true))
	first, second := bob.gets(bySSRC(101)), bob.gets(bySSRC(102))
	number := func(p *rtp.Packet) uint16 { return binary.BigEndian.Uint16(p.GetExtension(idTransportCC)) }
	if number(second) != number(first)+1 {
		t.Errorf("numbers %d, %d", number(first), number(second))
	}
	if first.GetExtension(idMID) != nil {
		t.Error("the sender's MID came through")
	}
	if p := carol.gets(bySSRC(101)); p.GetExtension(idTransportCC) != nil {
		t.Error("carol gets an extension that she hasn't negotiated")
	}
}

func TestUnannouncedSSRCIsDropped(t *testing.T) {
	s, alice, bob := two(t)
	alice.send(opus(777, 1), level(30))
	s.waitFor(func(e events.Event) bool { return e.Kind == events.UnknownSSRC && e.SSRC == 777 })
	alice.send(opus(101, 1), level(30))
	if p := bob.gets(func(*rtp.Packet) bool { return true }); p.SSRC != 101 {
		t.Errorf("bob got %s", p)
	}
}

func TestMissingExtensionsAreNoticed(t *testing.T) {
	s, alice, _ := two(t)
	alice.send(opus(101, 1), func(h *rtp.Header) {
		if err := h.DelExtension(idTransportCC); err != nil {
			t.Error(err)
		}
	})
	for _, name := range []string{"transport-cc", "ssrc-audio-level"} {
		s.waitFor(func(e events.Event) bool { return e.Kind == events.MissingExtension && e.Detail == name })
	}
}

func TestLoudestSpeaks(t *testing.T) {
	s, alice, bob := two(t)
	bob.endpoint.SetSources(sourcesOf("bbbb", 2))
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	talk := func(c *client, ssrc uint32, l byte, until <-chan struct{}) {
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for seq := uint16(1); ; seq++ {
			select {
			case <-ticker.C:
				c.send(opus(ssrc, seq), level(l))
			case <-until:
				return
			}
		}
	}
	silent := make(chan struct{})
	done := make(chan struct{})
	go func() { talk(alice, 101, 20, silent); close(done) }()
	bob.hears(`"dominantSpeakerEndpoint":"aaaa","previousSpeakers":[],"silence":false}`)
	close(silent)
	<-done
	go talk(bob, 201, 15, ctx.Done())
	alice.hears(`"dominantSpeakerEndpoint":"bbbb","previousSpeakers":["aaaa"]`)
}

func TestMessagesAreRelayed(t *testing.T) {
	_, alice, bob := two(t)
	alice.say(`{"colibriClass":"EndpointMessage","msgPayload":{"id":1,"type":"e2e-ping-request"},"to":"bbbb"}`)
	bob.hears(`{"colibriClass":"EndpointMessage","to":"bbbb","from":"aaaa","msgPayload":{"id":1,"type":"e2e-ping-request"}}`)
	alice.say(`{"colibriClass":"EndpointMessage","msgPayload":{"x":1},"to":""}`)
	bob.hears(`{"colibriClass":"EndpointMessage","to":"","from":"aaaa","msgPayload":{"x":1}}`)
	alice.say(`{"colibriClass":"EndpointStats","bitrate":{"download":0}}`)
	bob.hears(`{"colibriClass":"EndpointStats","from":"aaaa","bitrate":{"download":0}}`)
}

func TestChannelNeedsItsPassword(t *testing.T) {
	s := newStage(t, Options{})
	e, err := s.conference.AddEndpoint("aaaa", allFeatures)
	if err != nil {
		t.Fatal(err)
	}
	url := e.Transport().WebSocketURL
	for _, test := range []struct {
		name, url string
		status    int
	}{
		{"wrong password", url + "x", http.StatusForbidden},
		{"unknown endpoint", s.base + "/colibri-ws/local/" + s.conference.ID() + "/eeee?pwd=" + e.password, http.StatusNotFound},
		{"unknown conference", s.base + "/colibri-ws/local/0/aaaa?pwd=" + e.password, http.StatusNotFound},
	} {
		_, response, err := websocket.Dial(s.ctx, test.url, nil)
		if err == nil || response == nil || response.StatusCode != test.status {
			t.Errorf("%s: %v, %v", test.name, response, err)
		}
	}
}

func TestChannelEndsWithTheEndpoint(t *testing.T) {
	_, alice, _ := two(t)
	alice.endpoint.Close()
	for range alice.messages {
	}
	if got := websocket.CloseStatus(*alice.closed); got != websocket.StatusGoingAway {
		t.Errorf("closed with %v: %v", got, *alice.closed)
	}
}

func TestICERestartsInPlace(t *testing.T) {
	s, alice, bob := two(t)
	info, err := alice.endpoint.RestartICE()
	if err != nil {
		t.Fatal(err)
	}
	if info.Generation != 1 || info.Setup != "passive" {
		t.Errorf("restart offers %+v", info)
	}
	if err := alice.agent.Restart("newufrag", "newpasswordnewpasswordnewpassword"); err != nil {
		t.Fatal(err)
	}
	if err := alice.endpoint.UpdateRemote(RemoteTransport{Ufrag: "newufrag", Pwd: "newpasswordnewpasswordnewpassword"}); err != nil {
		t.Fatal(err)
	}
	alice.regather(info)
	if _, err := s.log.WaitForNth(s.ctx, 2, func(e events.Event) bool { return e.Kind == events.ICEConnected && e.Endpoint == "aaaa" }); err != nil {
		t.Fatal(err)
	}
	alice.send(opus(101, 1), level(30))
	bob.gets(bySSRC(101))
}

func TestDeadBridgeSaysNothing(t *testing.T) {
	s, alice, _ := two(t)
	s.bridge.Kill()
	for range alice.messages {
	}
	if s.bridge.Available() {
		t.Error("a dead bridge is available")
	}
	if _, err := s.conference.AddEndpoint("dddd", allFeatures); err == nil {
		t.Error("a dead bridge takes endpoints")
	}
	if err := s.bridge.Revive(); err != nil {
		t.Fatal(err)
	}
	s.conference = s.bridge.NewConference("room")
	s.join("eeee", clientOptions{})
}
