package jingle

import (
	"slices"
	"strconv"
)

// encodeSources adds our sources of one medium as XML, as clients always do (PROTOCOL: "Clients themselves
// always send plain XML"). It is false where there are none.
func encodeSources(d *wireDescription, sources []LocalSource, media Media) bool {
	found := false
	for _, s := range sources {
		if s.Media != media || len(s.SSRCs) == 0 {
			continue
		}
		found = true
		for _, ssrc := range s.inOrder() {
			d.Sources = append(d.Sources, s.encode(ssrc))
		}
		d.Groups = append(d.Groups, s.groups()...)
	}
	return found
}

// inOrder are all SSRCs in the order of the recordings: the first layer and its retransmissions, the other
// layers, their retransmissions.
func (s *LocalSource) inOrder() []uint32 {
	if len(s.RTX) == 0 {
		return s.SSRCs
	}
	return slices.Concat(s.SSRCs[:1], s.RTX[:1], s.SSRCs[1:], s.RTX[1:])
}

func (s *LocalSource) encode(ssrc uint32) wireSource {
	out := wireSource{Name: s.Name, SSRC: formatSSRC(ssrc)}
	if s.Media == Video {
		out.VideoType = string(s.VideoType)
	}
	if s.MSID != "" {
		out.Parameters = []wireParameter{{Name: "msid", Value: s.MSID}}
	}
	return out
}

// groups are in the order of the recordings: FID of the first layer, SIM, FID of the others.
func (s *LocalSource) groups() []wireSSRCGroup {
	var groups []wireSSRCGroup
	for i, ssrc := range s.SSRCs {
		if i < len(s.RTX) {
			groups = append(groups, encodeGroup("FID", ssrc, s.RTX[i]))
		}
		if i == 0 && len(s.SSRCs) > 1 {
			groups = append(groups, encodeGroup("SIM", s.SSRCs...))
		}
	}
	return groups
}

func encodeGroup(semantics string, ssrcs ...uint32) wireSSRCGroup {
	g := wireSSRCGroup{Semantics: semantics}
	for _, ssrc := range ssrcs {
		g.Sources = append(g.Sources, wireSSRCRef{SSRC: formatSSRC(ssrc)})
	}
	return g
}

func formatSSRC(ssrc uint32) string { return strconv.FormatUint(uint64(ssrc), 10) }
