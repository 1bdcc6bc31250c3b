package elements

import (
	"slices"
	"time"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// speakerPatience is how long the picture of a new speaker may take to come; after it the sound changes alone.
const speakerPatience = 5 * time.Second

// speaker is whom the pads named speaker carry. Picture and sound change together, when the picture can: until the first
// key frame of who speaks now has come, both stay with who spoke before.
type speaker struct {
	wanted string    // who speaks
	shown  string    // whose sound is heard
	since  time.Time // when wanted changed
}

// hear takes the bridge's word for who speaks. Our own voice changes nothing: we don't receive it.
func (s *speaker) hear(id, own string, now time.Time) {
	if id == "" || id == own || id == s.wanted {
		return
	}
	s.wanted, s.since = id, now
}

// settle follows who left and what has come. Before anybody has spoken it is the first one who sends anything.
// showsVideo says whether all pictures of the speaker are somebody's already.
func (s *speaker) settle(present []conference.Participant, offers []offer, showsVideo func(id string) bool, now time.Time) {
	gone := func(id string) bool {
		return !slices.ContainsFunc(present, func(p conference.Participant) bool { return p.ID == id })
	}
	if gone(s.shown) {
		s.shown = ""
	}
	if gone(s.wanted) {
		s.wanted, s.since = s.shown, now
	}
	if s.wanted == "" {
		for _, p := range present {
			if slices.ContainsFunc(offers, func(o offer) bool { return o.endpoint == p.ID }) {
				s.wanted, s.since = p.ID, now
				break
			}
		}
	}
	if s.shown == "" || !hasPicture(offers, s.wanted) || showsVideo(s.wanted) || now.Sub(s.since) >= speakerPatience {
		s.shown = s.wanted
	}
}

// hasPicture says whether somebody's camera is on.
func hasPicture(offers []offer, id string) bool {
	o, ok := ofEndpoint(offers, id, jingle.Video)
	return ok && !o.muted
}
