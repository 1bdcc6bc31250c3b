package bridge

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// receiverConstraints is what a receiver wants of video. Until it has said so it gets none.
type receiverConstraints struct {
	lastN    int // no limit when negative
	selected []string
	onStage  []string
	standard int
	heights  map[string]int // by source name
}

func (r *receiverConstraints) update(m receiverVideoConstraints) {
	if m.LastN != nil {
		r.lastN = *m.LastN
	}
	if m.SelectedSources != nil {
		r.selected = *m.SelectedSources
	}
	if m.OnStageSources != nil {
		r.onStage = *m.OnStageSources
	}
	if m.DefaultConstraints != nil {
		r.standard = m.DefaultConstraints.MaxHeight
	}
	if m.Constraints != nil {
		r.heights = map[string]int{}
		for name, constraint := range m.Constraints {
			r.heights[name] = constraint.MaxHeight
		}
	}
}

// allocation is the height that a receiver gets of a track.
type allocation struct {
	track  *track
	height int
}

// allocate decides what a receiver gets, the most important first: on stage, selected, those who spoke last, those
// who came first.
func (e *Endpoint) allocate(tracks []*track) []allocation {
	r := e.constraints
	if r == nil {
		return nil
	}
	rank := func(t *track) int {
		switch {
		case slices.Contains(r.onStage, t.name):
			return slices.Index(r.onStage, t.name)
		case slices.Contains(r.selected, t.name):
			return len(r.onStage) + slices.Index(r.selected, t.name)
		}
		return len(r.onStage) + len(r.selected) + e.conference.speakers.rank(t.owner.id)
	}
	candidates := slices.Clone(tracks)
	slices.SortStableFunc(candidates, func(a, b *track) int { return cmp.Compare(rank(a), rank(b)) })
	most := len(candidates)
	if e.features.SSRCRewriting {
		most = e.conference.bridge.opts.SSRCLimit
	}
	if r.lastN >= 0 {
		most = min(most, r.lastN)
	}
	var given []allocation
	for _, t := range candidates {
		if t.owner == e || t.muted() {
			continue
		}
		height, named := r.heights[t.name]
		if !named {
			height = r.standard
		}
		if height == 0 || len(given) >= most {
			continue
		}
		given = append(given, allocation{t, height})
	}
	return given
}

// reallocate brings everybody's video in line with what is there and what is wanted, and tells receivers and senders
// what has changed for them.
func (c *Conference) reallocate() {
	tracks := c.tracks(source.Video)
	highest := map[*track]int{}
	now := time.Now()
	for _, e := range c.order {
		given := e.allocate(tracks)
		names := []string{}
		wanted := map[*track]int{}
		for _, a := range given {
			names = append(names, a.track.name)
			// -1 is no limit to a height; who says so gets the highest of all.
			if a.height < 0 {
				a.height = noLimit
			}
			wanted[a.track] = a.height
			highest[a.track] = max(highest[a.track], a.height)
		}
		for _, t := range tracks {
			if _, on := wanted[t]; !on && t.owner != e {
				e.downtrack(t).setActive(false)
			}
		}
		for _, a := range given {
			d := e.downtrack(a.track)
			begins := !d.active
			d.setActive(true)
			d.height = wanted[a.track]
			if changes := d.aim(now); (begins || changes) && d.needsKeyFrame() {
				d.requestKeyFrame(now)
			}
		}
		if e.constraints != nil && (e.forwarded == nil || !slices.Equal(e.forwarded, names)) {
			e.forwarded = names
			e.tell(forwardedSources{Class: "ForwardedSources", Sources: names})
		}
		e.tellMaps()
	}
	for _, t := range tracks {
		t.constrain(highest[t])
	}
}

// noLimit is the height in SenderSourceConstraints when a receiver has set none.
const noLimit = 2160

// constrain tells a sender the greatest height that anybody wants. At first, none is not worth a message (recording
// a-alice); it is told when a channel opens (nomid-a-alice).
func (t *track) constrain(height int) {
	if t.told == height {
		return
	}
	first := t.told == unset
	t.told = height
	if first && height == 0 {
		return
	}
	t.tellConstraint()
}

func (t *track) tellConstraint() {
	t.owner.tellText(sourceConstraints(t.name, t.told))
	t.owner.conference.event(events.Event{Kind: events.SourceConstraint, Endpoint: t.owner.id, Source: t.name,
		Detail: strconv.Itoa(t.told)})
}
