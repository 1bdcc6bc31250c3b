package elements

import (
	"maps"
	"slices"
	"strings"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// fullHeight asks for the highest resolution that a source has.
const fullHeight = 2160

// constraints is what we ask the bridge for before there are pads: none of the video, within the limits that are set.
func (s *settings) constraints() colibri.ReceiverVideoConstraints {
	return colibri.ReceiverVideoConstraints{LastN: int(s.lastN), Constraints: map[string]colibri.VideoConstraints{}}
}

// list splits a comma-separated property.
func list(text string) []string {
	var fields []string
	for field := range strings.SplitSeq(text, ",") {
		if field = strings.TrimSpace(field); field != "" && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// selectVideo sets select-sources and select-participants at once.
func (c *controller) selectVideo(sources, participants string) {
	c.e.mu.Lock()
	c.e.settings.selectSources, c.e.settings.selectParticipants = sources, participants
	c.e.mu.Unlock()
	c.announce.put(func() {
		defer gstx.Recover(c.e, "select")
		gstx.Notify(c.e, "select-sources")
		gstx.Notify(c.e, "select-participants")
	})
	c.route()
}

// subscribe asks the bridge for the sound that linked and inner pads play, and no other. It goes by name: with a source that has none
// all of it is asked for.
func (c *controller) subscribe(pads []*sourcePad, offers []offer) {
	var wanted colibri.ReceiverAudioSubscription
	hear := func(name string) {
		wanted.All = wanted.All || name == ""
		if !slices.Contains(wanted.Sources, name) {
			wanted.Sources = append(wanted.Sources, name)
		}
	}
	for _, p := range pads {
		if p.media != jingle.Audio || !p.asks() || p.over {
			continue
		}
		if o, ok := c.wanted(p, offers); ok {
			hear(o.name)
		}
		if o, ok := ofEndpoint(offers, c.speaker.wanted, jingle.Audio); ok && p.role == roleSpeaker {
			hear(o.name) // whose picture is awaited
		}
		if p.current != nil {
			hear(p.current.source.Name)
		}
	}
	slices.Sort(wanted.Sources)
	if c.subscription != nil && c.subscription.All == wanted.All && slices.Equal(c.subscription.Sources, wanted.Sources) {
		return
	}
	c.subscription = &wanted
	c.conf.SetAudioSubscription(wanted)
}

// constrain asks the bridge for the video that linked and inner pads show, and no other.
func (c *controller) constrain(pads []*sourcePad, offers []offer) {
	c.e.mu.Lock()
	wanted := c.e.settings.constraints()
	limit := c.e.settings.maxHeight
	sources, participants := list(c.e.settings.selectSources), list(c.e.settings.selectParticipants)
	c.e.mu.Unlock()
	wanted.SelectedSources = selected(offers, sources, participants)
	for _, p := range pads {
		if p.media != jingle.Video || !p.asks() || p.over {
			continue
		}
		height := heightFor(p.ghost.MaxHeight(), int(limit))
		if o, ok := c.wanted(p, offers); ok && o.name != "" {
			ask(wanted.Constraints, o.name, height)
		}
		if p.current != nil { // what a speaker's pad still shows
			ask(wanted.Constraints, p.current.source.Name, height)
		}
	}
	if sameConstraints(wanted, c.constraints) {
		return
	}
	c.constraints = wanted
	c.conf.SetReceiverConstraints(wanted)
}

// ask raises a source's height to what a pad wants: others may want more of it.
func ask(wanted map[string]colibri.VideoConstraints, name string, height int) {
	wanted[name] = colibri.VideoConstraints{MaxHeight: max(height, wanted[name].MaxHeight)}
}

// heightFor is the lower one of a pad's and the element's limit, where 0 is none.
func heightFor(limits ...int) int {
	height := fullHeight
	for _, limit := range limits {
		if limit > 0 {
			height = min(height, limit)
		}
	}
	return height
}

// selected lists the video sources to receive first: those named, then all of the participants named.
func selected(offers []offer, sources, participants []string) []string {
	names := sources
	for _, id := range participants {
		for _, o := range offers {
			if o.endpoint == id && o.media == jingle.Video && o.name != "" && !slices.Contains(names, o.name) {
				names = append(names, o.name)
			}
		}
	}
	return names
}

func sameConstraints(a, b colibri.ReceiverVideoConstraints) bool {
	return a.LastN == b.LastN && slices.Equal(a.SelectedSources, b.SelectedSources) && maps.Equal(a.Constraints, b.Constraints)
}
