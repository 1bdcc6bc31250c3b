package conference

import (
	"slices"

	"gstjitsi/signaling/jingle"
)

// maxSources bounds the sources of a session.
const maxSources = 20_000

// bridgeOwner owns the bridge's probing sources, which carry no media of anybody.
const bridgeOwner = "jvb"

// addSources leaves out those of somebody who has left meanwhile: the room's presence may overtake the focus,
// and nobody would take them back.
func (s *stay) addSources(sources []jingle.Source) {
	for _, source := range sources {
		if s.occupants.gone[source.Endpoint] {
			continue
		}
		removed, added := s.sources.add(source)
		for _, old := range removed {
			s.emit(SourceRemoved{old})
		}
		if added {
			s.emit(SourceAdded{source})
		}
	}
}

func (s *stay) removeSources(sources []jingle.Source) {
	for _, source := range sources {
		if old, ok := s.sources.remove(source.SSRC); ok {
			s.emit(SourceRemoved{old})
		}
	}
}

// sourceTable holds the session's sources of others by their SSRC, in the order of arrival. An SSRC has one
// owner, and a name one source.
type sourceTable struct {
	us     string // our endpoint id: what the focus tells us of ourselves is no news
	bySSRC map[uint32]jingle.Source
	byName map[sourceName]uint32
	order  []uint32
}

type sourceName struct{ endpoint, name string }

func newSourceTable(us string) sourceTable {
	return sourceTable{us: us, bySSRC: map[uint32]jingle.Source{}, byName: map[sourceName]uint32{}}
}

// add keeps a source. What had its SSRC or its name before is removed.
func (t *sourceTable) add(source jingle.Source) (removed []jingle.Source, added bool) {
	if source.Endpoint == bridgeOwner || source.Endpoint == t.us || len(t.order) >= maxSources {
		return nil, false
	}
	old, ok := t.bySSRC[source.SSRC]
	if ok && same(old, source) {
		return nil, false
	}
	name := sourceName{source.Endpoint, source.Name}
	for _, ssrc := range []uint32{source.SSRC, t.byName[name]} { // no SSRC is 0
		if old, ok := t.remove(ssrc); ok {
			removed = append(removed, old)
		}
	}
	t.bySSRC[source.SSRC] = source
	t.byName[name] = source.SSRC
	t.order = append(t.order, source.SSRC)
	return removed, true
}

func same(a, b jingle.Source) bool {
	return a.Name == b.Name && a.Endpoint == b.Endpoint && a.Media == b.Media && a.VideoType == b.VideoType &&
		a.RTX == b.RTX && slices.Equal(a.Other, b.Other)
}

func (t *sourceTable) remove(ssrc uint32) (jingle.Source, bool) {
	source, ok := t.bySSRC[ssrc]
	if ok {
		delete(t.bySSRC, ssrc)
		delete(t.byName, sourceName{source.Endpoint, source.Name})
		t.order = slices.DeleteFunc(t.order, func(other uint32) bool { return other == ssrc })
	}
	return source, ok
}

func (t *sourceTable) removeEndpoint(id string) []jingle.Source {
	var removed []jingle.Source
	for _, source := range t.list() {
		if source.Endpoint == id {
			t.remove(source.SSRC)
			removed = append(removed, source)
		}
	}
	return removed
}

func (t *sourceTable) clear() []jingle.Source {
	removed := t.list()
	clear(t.bySSRC)
	clear(t.byName)
	t.order = nil
	return removed
}

func (t *sourceTable) list() []jingle.Source {
	out := make([]jingle.Source, 0, len(t.order))
	for _, ssrc := range t.order {
		out = append(out, t.bySSRC[ssrc])
	}
	return out
}
