package elements

import (
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// sourceStats are the figures of a source, others' or ours, of all its SSRCs together.
type sourceStats struct {
	name, participant string
	media             jingle.Media
	sum               gstx.SourceStats
}

// add counts another SSRC of the source.
func (s *sourceStats) add(o gstx.SourceStats) {
	s.sum.Sent = o.Sent
	s.sum.Bitrate += o.Bitrate
	s.sum.Packets += o.Packets
	s.sum.Bytes += o.Bytes
	s.sum.Lost += o.Lost
	s.sum.Jitter = max(s.sum.Jitter, o.Jitter)
	s.sum.RTT = max(s.sum.RTT, o.RTT)
}

// updateStats takes the figures of the moment, for whoever reads the property.
func (c *controller) updateStats() {
	var list []*sourceStats
	if c.transport != nil {
		list = c.nameStats(c.transport.Stats())
	}
	c.e.mu.Lock()
	c.e.stats = list
	c.e.mu.Unlock()
}

// nameStats sorts figures by source. What belongs to none, as the bridge's probing does, is left out.
func (c *controller) nameStats(figures []gstx.SourceStats) []*sourceStats {
	var list []*sourceStats
	add := func(name, participant string, m jingle.Media, f gstx.SourceStats) {
		i := slices.IndexFunc(list, func(s *sourceStats) bool { return s.name == name })
		if i < 0 {
			i = len(list)
			list = append(list, &sourceStats{name: name, participant: participant, media: m})
		}
		list[i].add(f)
	}
	for _, f := range figures {
		if f.Sent {
			for _, p := range c.e.playingSinks() {
				if slices.Contains(p.announced.SSRCs, f.SSRC) {
					add(p.announced.Name, c.conf.EndpointID(), p.media, f)
				}
			}
			continue
		}
		for _, s := range c.sources {
			if s.SSRC == f.SSRC {
				add(s.Name, s.Endpoint, s.Media, f)
			}
		}
	}
	shareRTT(list)
	return list
}

// shareRTT completes the round-trip times of what we send, all of it on the same way to the bridge: of a report about several SSRCs, as
// bridges make them, rtpsession keeps the last one only.
func shareRTT(list []*sourceStats) {
	var rtt time.Duration
	for _, s := range list {
		rtt = max(rtt, s.sum.RTT)
	}
	for _, s := range list {
		if s.sum.Sent && s.sum.RTT == 0 {
			s.sum.RTT = rtt
		}
	}
}

// loss is the part of the packets that did not arrive.
func loss(s gstx.SourceStats) float64 {
	expected := s.Packets
	if !s.Sent {
		expected += uint64(max(s.Lost, 0)) // what did not arrive is not among the packets
	}
	if expected == 0 {
		return 0
	}
	return min(1, float64(max(s.Lost, 0))/float64(expected))
}

// figuresOf are the fields that sources and participants have in common.
func figuresOf(s gstx.SourceStats) map[string]any {
	return map[string]any{
		"bitrate": s.Bitrate, "packets": s.Packets, "bytes": s.Bytes, "packets-lost": int32(s.Lost), "loss": loss(s),
		"jitter": uint64(s.Jitter), "round-trip-time": uint64(s.RTT),
	}
}

// statsStructure is the value of the property.
func statsStructure(list []*sourceStats) *gst.Structure {
	sources, participants := gst.NewStructureEmpty("sources"), gst.NewStructureEmpty("participants")
	sums := map[string]*sourceStats{}
	var rtt time.Duration
	for _, s := range list {
		fields := figuresOf(s.sum)
		fields["participant-id"], fields["media"], fields["sent"] = s.participant, string(s.media), s.sum.Sent
		gstx.SetField(sources, s.name, structure("source", fields))
		if sums[s.participant] == nil {
			sums[s.participant] = &sourceStats{}
		}
		sums[s.participant].add(s.sum)
		rtt = max(rtt, s.sum.RTT)
	}
	for id, s := range sums {
		fields := figuresOf(s.sum)
		fields["sent"] = s.sum.Sent
		gstx.SetField(participants, id, structure("participant", fields))
	}
	return structure("jitsi-stats", map[string]any{"round-trip-time": uint64(rtt), "sources": sources, "participants": participants})
}
