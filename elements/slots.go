package elements

import (
	"slices"
	"strconv"
	"strings"

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
func (t slotTable) assign(present []string, sources []jingle.Source, pads []request) {
	for slot, id := range t {
		if !slices.Contains(present, id) || !slices.ContainsFunc(pads, func(p request) bool { return p.slot == slot }) {
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
		for _, id := range present {
			if !taken[id] && sends(id, slot, sources, pads) {
				t[slot], taken[id] = id, true
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

// sends says whether a participant has a source of a medium that the slot's pads ask for.
func sends(id string, slot int, sources []jingle.Source, pads []request) bool {
	return slices.ContainsFunc(pads, func(p request) bool {
		return p.slot == slot && slices.ContainsFunc(sources, func(s jingle.Source) bool {
			return s.Endpoint == id && s.Media == p.media
		})
	})
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
