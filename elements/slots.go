package elements

import (
	"slices"
	"strconv"
	"strings"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// selector is what the name of a source pad selects.
type selector struct {
	slot     int    // number of a slot, -1 for the others
	endpoint string // a participant's microphone or camera
	source   string // exactly that source
}

const (
	maxSlotDigits    = 3
	endpointIDDigits = 8
)

// parseSelector reads what stands behind video_ or audio_ in a pad's name.
func parseSelector(text string) (selector, bool) {
	if len(text) <= maxSlotDigits {
		n, err := strconv.ParseUint(text, 10, 16)
		return selector{slot: int(n)}, err == nil
	}
	id, rest, isSource := strings.Cut(text, "-")
	if !isEndpointID(id) || isSource && rest == "" {
		return selector{}, false
	}
	if isSource {
		return selector{slot: -1, endpoint: id, source: text}, true
	}
	return selector{slot: -1, endpoint: id}, true
}

func isEndpointID(id string) bool {
	return len(id) == endpointIDDigits && strings.Trim(id, "0123456789abcdef") == ""
}

// request is a source pad as the assignment of slots sees it.
type request struct {
	media jingle.Media
	selector
}

// slotTable remembers who fills which slot. A participant keeps the slot until it leaves.
type slotTable map[int]string

// assign brings the table in step with who is there, in the order of arrival, the sources there are, and the pads.
func (t slotTable) assign(present []conference.Participant, sources []jingle.Source, pads []request) {
	for slot, id := range t {
		here := slices.ContainsFunc(present, func(p conference.Participant) bool { return p.ID == id })
		if !here || !slices.ContainsFunc(pads, func(p request) bool { return p.slot == slot }) {
			delete(t, slot)
		}
	}
	taken := map[string]bool{}
	for _, id := range t {
		taken[id] = true
	}
	for _, p := range pads {
		if p.slot < 0 {
			taken[p.endpoint] = true
		}
	}
	for _, slot := range openSlots(t, pads) {
		for _, p := range present {
			if !taken[p.ID] && sends(p, slot, sources, pads) {
				t[slot], taken[p.ID] = p.ID, true
				break
			}
		}
	}
}

func openSlots(t slotTable, pads []request) []int {
	var open []int
	for _, p := range pads {
		if _, filled := t[p.slot]; p.slot >= 0 && !filled && !slices.Contains(open, p.slot) {
			open = append(open, p.slot)
		}
	}
	slices.Sort(open)
	return open
}

// sends says whether a participant has a source of a medium that the slot's pads ask for: in the session, or
// announced in presence, which comes before.
func sends(who conference.Participant, slot int, sources []jingle.Source, pads []request) bool {
	return slices.ContainsFunc(pads, func(p request) bool {
		return p.slot == slot && (slices.ContainsFunc(sources, func(s jingle.Source) bool {
			return s.Endpoint == who.ID && s.Media == p.media
		}) || slices.ContainsFunc(who.Sources, func(s conference.SourceInfo) bool {
			return announcedMedia(s.Name) == p.media
		}))
	})
}

// announcedMedia reads the medium off a source's name, ENDPOINT-a0 or ENDPOINT-v0.
func announcedMedia(name string) jingle.Media {
	switch _, kind, _ := strings.Cut(name, "-"); {
	case strings.HasPrefix(kind, "a"):
		return jingle.Audio
	case strings.HasPrefix(kind, "v"):
		return jingle.Video
	}
	return ""
}

// wanted finds the source that a pad carries now.
func (t slotTable) wanted(p request, sources []jingle.Source) (jingle.Source, bool) {
	endpoint := p.endpoint
	if p.slot >= 0 {
		endpoint = t[p.slot]
	}
	for _, s := range sources {
		switch {
		case s.Endpoint != endpoint || s.Media != p.media:
		case p.source != "":
			if s.Name == p.source {
				return s, true
			}
		case s.VideoType != jingle.Desktop:
			return s, true
		}
	}
	return jingle.Source{}, false
}
