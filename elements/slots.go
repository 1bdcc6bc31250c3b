package elements

import (
	"slices"

	"gstjitsi/signaling/conference"
)

// slotTable remembers who fills which slot. A participant keeps the slot until it leaves.
type slotTable map[int]string

// assign brings the table in step with who is there, in the order of arrival, what they offer, and the pads.
func (t slotTable) assign(present []conference.Participant, offers []offer, pads []request) {
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
		if p.slot == noSlot {
			taken[p.endpoint] = true
		}
	}
	for _, slot := range openSlots(t, pads) {
		for _, p := range present {
			if !taken[p.ID] && sends(p.ID, slot, offers, pads) {
				t[slot], taken[p.ID] = p.ID, true
				break
			}
		}
	}
}

func openSlots(t slotTable, pads []request) []int {
	var open []int
	for _, p := range pads {
		if _, filled := t[p.slot]; p.slot != noSlot && !filled && !slices.Contains(open, p.slot) {
			open = append(open, p.slot)
		}
	}
	slices.Sort(open)
	return open
}

// sends says whether a participant has a source of a medium that the slot's pads ask for.
func sends(id string, slot int, offers []offer, pads []request) bool {
	return slices.ContainsFunc(pads, func(p request) bool {
		return p.slot == slot && slices.ContainsFunc(offers, func(o offer) bool {
			return o.endpoint == id && o.media == p.media
		})
	})
}
