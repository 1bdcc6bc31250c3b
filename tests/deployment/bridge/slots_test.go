package bridge

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
)

var rewriting = codec.Features{RTX: true, TransportCC: true, MID: true, SSRCRewriting: true}

// learns reads a map of one source.
func (c *client) learns(class, name string) mappedSource {
	c.t.Helper()
	var m sourcesMap
	if err := json.Unmarshal([]byte(c.hears(class)), &m); err != nil {
		c.t.Fatal(err)
	}
	if len(m.Mapped) != 1 || m.Mapped[0].Source != name {
		c.t.Fatalf("%s has %+v", class, m.Mapped)
	}
	return m.Mapped[0]
}

func TestSourcesAreMappedToTheReceiversSSRCs(t *testing.T) {
	for _, test := range []struct {
		name               string
		demux              bool
		audioMID, videoMID string
	}{{"by SSRC", false, "", ""}, {"by MID", true, "a0", "v0"}} {
		t.Run(test.name, func(t *testing.T) {
			s, alice, _ := two(t)
			features := rewriting
			features.MIDDemux = test.demux
			carol := s.join("cccc", clientOptions{features: features})
			carol.openChannel()
			carol.say(wantsAll)
			carol.hears(`"forwardedSources":["aaaa-v0"]`)
			video := carol.learns("VideoSourcesMap", "aaaa-v0")
			if video.Owner != "aaaa" || video.VideoType != "CAMERA" || video.MID != test.videoMID || video.SSRC == 102 || video.RTX == 0 || video.RTX == 103 {
				t.Errorf("video is mapped as %+v", video)
			}
			alice.send(opus(101, 7), level(30))
			audio := carol.learns("AudioSourcesMap", "aaaa-a0")
			if audio.Owner != "aaaa" || audio.VideoType != "" || audio.MID != test.audioMID || audio.RTX != 0 {
				t.Errorf("audio is mapped as %+v", audio)
			}
			if p := carol.gets(bySSRC(audio.SSRC)); string(p.GetExtension(idMID)) != test.audioMID {
				t.Errorf("the MID is %q", p.GetExtension(idMID))
			}
			alice.send(vp8(102, 10, true))
			p := carol.gets(bySSRC(video.SSRC))
			if string(p.GetExtension(idMID)) != test.videoMID {
				t.Errorf("the MID is %q", p.GetExtension(idMID))
			}
			carol.sendRTCP(&rtcp.TransportLayerNack{MediaSSRC: video.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{p.SequenceNumber})},
				&rtcp.PictureLossIndication{MediaSSRC: video.SSRC})
			if again := carol.gets(bySSRC(video.RTX)); string(again.GetExtension(idMID)) != test.videoMID {
				t.Errorf("the MID of the retransmission is %q", again.GetExtension(idMID))
			}
			asked := s.waitFor(kind(events.KeyFrameAsked))
			if asked.Endpoint != "aaaa" || asked.SSRC != video.SSRC {
				t.Errorf("asked for a key frame: %s", asked)
			}
			alice.sendRTCP(&rtcp.SenderReport{SSRC: 102, NTPTime: 1 << 40, RTPTime: 960})
			getsRTCP(carol, func(p *rtcp.SenderReport) bool { return p.SSRC == video.SSRC })
		})
	}
}

func TestSourceThatComesBackHasItsSSRC(t *testing.T) {
	s, alice, _ := two(t)
	carol := s.join("cccc", clientOptions{features: rewriting})
	carol.openChannel()
	carol.say(wantsAll)
	video := carol.learns("VideoSourcesMap", "aaaa-v0")
	alice.say(`{"colibriClass":"SourceVideoTypeMessage","sourceName":"aaaa-v0","videoType":"none"}`)
	carol.hears(`"forwardedSources":[]`)
	alice.say(`{"colibriClass":"SourceVideoTypeMessage","sourceName":"aaaa-v0","videoType":"camera"}`)
	if next := carol.hears(`colibriClass`); !strings.Contains(next, "ForwardedSources") {
		t.Errorf("heard %s", next)
	}
	alice.send(vp8(102, 10, true))
	carol.gets(bySSRC(video.SSRC))
	// A new channel begins with all that is known.
	carol.openChannel()
	if again := carol.learns("VideoSourcesMap", "aaaa-v0"); again != video {
		t.Errorf("mapped again as %+v, before as %+v", again, video)
	}
}

func TestSSRCGoesToAnotherSourceWithoutABreak(t *testing.T) {
	s := newStage(t, Options{SSRCLimit: 1})
	alice, bob := s.join("aaaa", clientOptions{}), s.join("bbbb", clientOptions{})
	alice.endpoint.SetSources(sourcesOf("aaaa", 1))
	bob.endpoint.SetSources(sourcesOf("bbbb", 2))
	carol := s.join("cccc", clientOptions{features: rewriting})
	carol.openChannel()
	carol.say(wantsAll)
	carol.hears(`"forwardedSources":["aaaa-v0"]`)
	first := carol.learns("VideoSourcesMap", "aaaa-v0")
	alice.send(vp8(102, 10, true))
	before := carol.gets(bySSRC(first.SSRC))
	carol.say(`{"colibriClass":"ReceiverVideoConstraints","selectedSources":["bbbb-v0"]}`)
	carol.hears(`"forwardedSources":["bbbb-v0"]`)
	second := carol.learns("VideoSourcesMap", "bbbb-v0")
	if second.SSRC != first.SSRC || second.RTX != first.RTX {
		t.Errorf("mapped as %+v, before %+v", second, first)
	}
	alice.send(vp8(102, 11, true))
	bob.send(vp8(202, 3000, true))
	p := carol.gets(func(p *rtp.Packet) bool { return p.SSRC == first.SSRC })
	if p.SequenceNumber != before.SequenceNumber+1 || p.Payload[2] != 3000>>8 {
		t.Errorf("after %s comes %s", before, p)
	}
}
