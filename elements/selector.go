package elements

import (
	"fmt"
	"strconv"
	"strings"

	"gstjitsi/signaling/jingle"
)

// role is what a pad carries that is named after what somebody does.
type role string

const (
	roleSpeaker role = "speaker" // whoever is the dominant speaker
	roleDesktop role = "desktop" // whoever shares a screen
)

// noSlot is the slot of a pad that is named after something else.
const noSlot = -1

// selector is what the name of a source pad selects.
type selector struct {
	slot     int    // number of a slot, noSlot for the others
	endpoint string // a participant's microphone or camera
	source   string // exactly that source
	role     role
}

const (
	maxSlotDigits    = 3
	endpointIDDigits = 8
)

// parseSelector reads what stands behind video_ or audio_ in a pad's name.
func parseSelector(m jingle.Media, text string) (selector, error) {
	switch r := role(text); {
	case r == roleSpeaker, r == roleDesktop && m == jingle.Video:
		return selector{slot: noSlot, role: r}, nil
	case r == roleDesktop:
		return selector{}, fmt.Errorf("a screen has no %s", m)
	}
	if len(text) <= maxSlotDigits {
		if n, err := strconv.ParseUint(text, 10, 16); err == nil {
			return selector{slot: int(n)}, nil
		}
	}
	id, rest, isSource := strings.Cut(text, "-")
	switch {
	case !isEndpointID(id) || isSource && rest == "":
		return selector{}, fmt.Errorf("%q is neither a slot's number, an endpoint id, a source's name, speaker nor desktop", text)
	case isSource:
		return selector{slot: noSlot, endpoint: id, source: text}, nil
	}
	return selector{slot: noSlot, endpoint: id}, nil
}

func isEndpointID(id string) bool {
	return len(id) == endpointIDDigits && strings.Trim(id, "0123456789abcdef") == ""
}

// request is a source pad as the assignment of participants sees it.
type request struct {
	media jingle.Media
	selector
}

// overlaps says whether two pads may carry the same source.
func (r request) overlaps(o request) bool {
	return r.media == o.media && (r.slot == noSlot || o.slot == noSlot)
}
