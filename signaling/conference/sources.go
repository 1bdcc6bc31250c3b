package conference

import (
	"slices"

	"gstjitsi/signaling/jingle"
)

// maxSources bounds the sources of a session.
const maxSources = 20_000

// bridgeOwner owns the bridge's probing sources, which carry no media of anybody.
const bridgeOwner = "jvb"

func (s *stay) addSources(sources []jingle.Source) {
	for _, source := range sources {
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
	order  []uint32
}

func newSourceTable(us string) sourceTable {
	return sourceTable{us: us, bySSRC: map[uint32]jingle.Source{}}
}

// add keeps a source. What had its SSRC or its name before is removed.
func (t *sourceTable) add(source jingle.Source) (removed []jingle.Source, added bool) {
	if source.Endpoint == bridgeOwner || source.Endpoint == t.us || len(t.order) >= maxSources {
		return nil, false
	}
	if old, ok := t.bySSRC[source.SSRC]; ok && same(old, source) {
		return nil, false
	}
	for _, ssrc := range slices.Clone(t.order) {
		if old := t.bySSRC[ssrc]; ssrc == source.SSRC || old.Name == source.Name && old.Endpoint == source.Endpoint {
			t.remove(ssrc)
			removed = append(removed, old)
		}
	}
	t.bySSRC[source.SSRC] = source
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
