package bridge

import (
	"slices"
	"time"

	"gstjitsi/tests/deployment/events"
)

const (
	speechInterval = 100 * time.Millisecond
	audible        = 30.0                   // loudness below which nobody speaks; silence is 0, the loudest 127
	louderBy       = 5.0                    // what it takes to be heard over who speaks now
	louderFor      = 3                      // rounds of judging
	mostPrevious   = 10                     // names in the event
	deaf           = 200 * time.Millisecond // without packets the loudness falls
)

// speakers finds out who speaks, by the levels in the packets.
type speakers struct {
	voices   map[string]*voice
	dominant string
	previous []string // the latest first, without the dominant one
}

type voice struct {
	loudness float64
	heard    time.Time
	louder   int
}

func (s *speakers) hear(endpoint string, level uint8, now time.Time) {
	if s.voices == nil {
		s.voices = map[string]*voice{}
	}
	v := s.voices[endpoint]
	if v == nil {
		v = &voice{}
		s.voices[endpoint] = v
	}
	const smoothing = 0.2
	v.loudness += (float64(127-level) - v.loudness) * smoothing
	v.heard = now
}

func (s *speakers) forget(endpoint string) {
	delete(s.voices, endpoint)
	s.previous = slices.DeleteFunc(s.previous, func(other string) bool { return other == endpoint })
	if s.dominant == endpoint {
		s.dominant = ""
	}
}

// judge reports whether somebody else speaks now.
func (s *speakers) judge(now time.Time) bool {
	for _, v := range s.voices {
		if now.Sub(v.heard) > deaf {
			v.loudness *= 0.5
		}
	}
	current := s.voices[s.dominant]
	var best string
	for endpoint, v := range s.voices {
		if v.loudness < audible || endpoint == s.dominant {
			v.louder = 0
			continue
		}
		if current != nil && v.loudness < current.loudness+louderBy && current.loudness >= audible {
			v.louder = 0
			continue
		}
		v.louder++
		if (current == nil || v.louder >= louderFor) && (best == "" || v.loudness > s.voices[best].loudness) {
			best = endpoint
		}
	}
	if best == "" {
		return false
	}
	s.previous = slices.DeleteFunc(s.previous, func(other string) bool { return other == best })
	if s.dominant != "" {
		s.previous = slices.Insert(s.previous, 0, s.dominant)
	}
	if len(s.previous) > mostPrevious {
		s.previous = s.previous[:mostPrevious]
	}
	s.dominant = best
	return true
}

// rank is the place of an endpoint among those who spoke last; who never did is last.
func (s *speakers) rank(endpoint string) int {
	if endpoint == s.dominant {
		return 0
	}
	if i := slices.Index(s.previous, endpoint); i >= 0 {
		return i + 1
	}
	return mostPrevious + 1
}

func (s *speakers) message() dominantSpeaker {
	return dominantSpeaker{Class: "DominantSpeakerEndpointChangeEvent", Endpoint: s.dominant,
		Previous: append([]string{}, s.previous...), Silence: false}
}

func (c *Conference) judgeSpeakers(now time.Time) {
	if !c.speakers.judge(now) {
		return
	}
	c.event(events.Event{Kind: events.DominantSpeaker, Endpoint: c.speakers.dominant})
	for _, e := range c.order {
		e.tell(c.speakers.message())
	}
	c.reallocate() // whoever speaks comes first when only some are forwarded
}
