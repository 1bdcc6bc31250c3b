package bridge

import (
	"slices"
	"strconv"
	"strings"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// slots are the lanes of one medium to a receiver with SSRC rewriting. They are made one by one and kept: a source
// that comes back has its old one. When there are as many as allowed, the one that was not in use for longest goes to
// the next source.
type slots struct {
	all   []*lane
	users map[*lane]*downtrack
	used  []*lane // the latest last
}

// usualSlots is how many SSRCs of a medium a receiver gets at most.
const usualSlots = 50

// mappedSource is an entry of VideoSourcesMap and AudioSourcesMap (recordings e-rewriting, e-rewriting-mid).
type mappedSource struct {
	Source    string `json:"source"`
	Owner     string `json:"owner"`
	SSRC      uint32 `json:"ssrc"`
	RTX       uint32 `json:"rtx,omitempty"`
	VideoType string `json:"videoType,omitempty"`
	MID       string `json:"mid,omitempty"`
}

type sourcesMap struct {
	Class  string         `json:"colibriClass"`
	Mapped []mappedSource `json:"mappedSources"`
}

// assignLane gives a source one of the receiver's SSRCs. tellMaps tells the receiver.
func (e *Endpoint) assignLane(d *downtrack) *lane {
	s := e.slots[d.track.media]
	if s == nil {
		s = &slots{users: map[*lane]*downtrack{}}
		e.slots[d.track.media] = s
	}
	var l *lane
	if limit := e.conference.bridge.opts.SSRCLimit; len(s.all) < limit {
		l = &lane{receiver: e, ssrc: randomSSRC()}
		prefix := "a"
		if d.track.media == source.Video {
			prefix = "v"
			l.rtxSSRC = randomSSRC()
		}
		if e.features.MIDDemux {
			l.mid = prefix + strconv.Itoa(len(s.all))
		}
		s.all = append(s.all, l)
	} else {
		l = s.longestUnused()
		if old := s.users[l]; old != nil {
			old.setActive(false)
			old.lane = nil
		}
	}
	s.users[l] = d
	s.touch(l)
	e.untold = append(e.untold, d)
	e.conference.event(events.Event{Kind: events.SSRCAssigned, Endpoint: d.track.owner.id, Receiver: e.id,
		Source: d.track.name, SSRC: l.ssrc})
	return l
}

func (s *slots) touch(l *lane) {
	s.used = append(slices.DeleteFunc(s.used, func(other *lane) bool { return other == l }), l)
}

// longestUnused prefers lanes that nobody uses, and those that nothing is sent on.
func (s *slots) longestUnused() *lane {
	for _, fits := range []func(*downtrack) bool{
		func(d *downtrack) bool { return d == nil },
		func(d *downtrack) bool { return d == nil || !d.active },
	} {
		for _, l := range s.used {
			if fits(s.users[l]) {
				return l
			}
		}
	}
	return s.used[0]
}

// drop forgets a track that is no longer there.
func (e *Endpoint) drop(t *track) {
	d := e.downtracks[t]
	delete(e.downtracks, t)
	if d == nil || d.lane == nil {
		return
	}
	if s := e.slots[t.media]; s != nil && s.users[d.lane] == d {
		delete(s.users, d.lane)
	}
	e.untold = slices.DeleteFunc(e.untold, func(other *downtrack) bool { return other == d })
}

// tellMaps tells the receiver of new lanes.
func (e *Endpoint) tellMaps() {
	untold := e.untold
	e.untold = nil
	e.tellMapped(untold)
}

// tellAllMaps is for a new channel.
func (e *Endpoint) tellAllMaps() {
	e.untold = nil
	var all []*downtrack
	for _, media := range []source.Media{source.Video, source.Audio} {
		if s := e.slots[media]; s != nil {
			for _, l := range s.all {
				if d := s.users[l]; d != nil {
					all = append(all, d)
				}
			}
		}
	}
	e.tellMapped(all)
}

func (e *Endpoint) tellMapped(all []*downtrack) {
	maps := map[source.Media]*sourcesMap{
		source.Video: {Class: "VideoSourcesMap"},
		source.Audio: {Class: "AudioSourcesMap"},
	}
	for _, d := range all {
		if d.lane == nil {
			continue // gone to another source already
		}
		m := maps[d.track.media]
		m.Mapped = append(m.Mapped, mappedSource{Source: d.track.name, Owner: d.track.owner.id, SSRC: d.lane.ssrc,
			RTX: d.lane.rtxSSRC, VideoType: strings.ToUpper(d.track.videoType), MID: d.lane.mid})
	}
	for _, media := range []source.Media{source.Video, source.Audio} {
		if len(maps[media].Mapped) > 0 {
			e.tell(maps[media])
		}
	}
}
