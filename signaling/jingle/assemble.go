package jingle

import (
	"slices"
	"strconv"
)

// list makes one Source of all SSRCs that carry the same name.
func (c *collector) list() []Source {
	type key struct {
		endpoint, id string
		media        Media
	}
	var order []key
	members := map[key][]signalled{}
	for _, s := range c.signalled {
		k := key{s.endpoint, s.identity(), s.media}
		if members[k] == nil {
			order = append(order, k)
		}
		members[k] = append(members[k], s)
	}
	index := c.groupIndex()
	counters := map[key]int{}
	sources := make([]Source, 0, len(order))
	for _, k := range order {
		source := c.assemble(members[k], index)
		if source.Name == "" { // before source names, clients had one source of each medium
			counter := key{endpoint: k.endpoint, media: k.media}
			source.Name = k.endpoint + "-" + string(k.media[0]) + strconv.Itoa(counters[counter])
			counters[counter]++
		}
		sources = append(sources, source)
	}
	return sources
}

// identity is what the SSRCs of a source have in common.
func (s *signalled) identity() string {
	switch {
	case s.name != "":
		return "name " + s.name
	case s.msid != "":
		return "msid " + s.msid
	}
	return "media " + string(s.media)
}

// groupIndex maps every SSRC to the groups that it is in.
func (c *collector) groupIndex() map[uint32][]ssrcGroup {
	index := map[uint32][]ssrcGroup{}
	for _, g := range c.groups {
		for _, ssrc := range g.ssrcs {
			index[ssrc] = append(index[ssrc], g)
		}
	}
	return index
}

// assemble decides which SSRC is the source's own. The order of the SSRCs tells nothing: that of the
// retransmissions may come first (j-nojson-alice). The first of a SIM group is the source, else the first of
// the FID group. Groups may name only SSRCs of the source itself: nobody can take somebody else's by a group.
func (c *collector) assemble(members []signalled, index map[uint32][]ssrcGroup) Source {
	own := map[uint32]bool{}
	for _, m := range members {
		own[m.ssrc] = true
	}
	first := members[0]
	source := Source{
		Name: first.name, Endpoint: first.endpoint, Media: first.media, VideoType: first.videoType, SSRC: first.ssrc,
	}
	if ssrc, ok := headOf(first.ssrc, "FID", index); ok && own[ssrc] {
		source.SSRC = ssrc
	}
	if ssrc, ok := headOf(source.SSRC, "SIM", index); ok && own[ssrc] {
		source.SSRC = ssrc
	}
	for _, g := range index[source.SSRC] {
		if g.semantics == "FID" && len(g.ssrcs) == 2 && g.ssrcs[0] == source.SSRC && (own[g.ssrcs[1]] || !c.seen[g.ssrcs[1]]) {
			source.RTX = g.ssrcs[1]
		}
	}
	for _, m := range members {
		if m.ssrc != source.SSRC && m.ssrc != source.RTX && !slices.Contains(source.Other, m.ssrc) {
			source.Other = append(source.Other, m.ssrc)
		}
	}
	return source
}

// headOf is the first SSRC of the group that ssrc is in.
func headOf(ssrc uint32, semantics string, index map[uint32][]ssrcGroup) (uint32, bool) {
	for _, g := range index[ssrc] {
		if g.semantics == semantics {
			return g.ssrcs[0], true
		}
	}
	return 0, false
}
