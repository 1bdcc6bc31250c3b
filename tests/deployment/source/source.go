// Package source describes what participants send: sources with their SSRCs, names and groups, as Jicofo and the
// bridge know them.
package source

import (
	"slices"
	"strings"
)

// Media is audio or video.
type Media string

// The two media of a conference.
const (
	Audio Media = "audio"
	Video Media = "video"
)

// Semantics of groups (RFC 5576, RFC 4588).
const (
	FID = "FID" // a stream and its retransmissions
	SIM = "SIM" // the layers of simulcast, lowest first
)

// Source is one SSRC.
type Source struct {
	SSRC      uint32
	Name      string // such as 5410b27b-v0; retransmissions and layers share it
	MSID      string
	VideoType string // camera or desktop; empty for audio
}

// Group ties SSRCs together.
type Group struct {
	Semantics string
	SSRCs     []uint32
}

// List is what one owner sends of one medium.
type List struct {
	Sources []Source
	Groups  []Group
}

// Set is what one owner sends.
type Set struct {
	Owner        string
	Audio, Video List
}

// Empty reports whether there is nothing in the set.
func (s Set) Empty() bool {
	return len(s.Audio.Sources)+len(s.Audio.Groups)+len(s.Video.Sources)+len(s.Video.Groups) == 0
}

// SSRCs gives all of the set.
func (s Set) SSRCs() []uint32 {
	var all []uint32
	for _, source := range slices.Concat(s.Audio.Sources, s.Video.Sources) {
		all = append(all, source.SSRC)
	}
	return all
}

// Named is the set with names for those sources that have none, as Jicofo makes them up for the bridge: the first of the
// medium.
func (s Set) Named() Set {
	s.Audio.Sources, s.Video.Sources = named(s.Audio.Sources, s.Owner+"-a0"), named(s.Video.Sources, s.Owner+"-v0")
	return s
}

func named(sources []Source, name string) []Source {
	sources = slices.Clone(sources)
	for i := range sources {
		if sources[i].Name == "" {
			sources[i].Name = name
		}
	}
	return sources
}

// Plus is the set with another's sources added.
func (s Set) Plus(other Set) Set {
	return Set{Owner: s.Owner, Audio: s.Audio.plus(other.Audio), Video: s.Video.plus(other.Video)}
}

// Minus is the set without another's SSRCs, and without the groups that have any of them.
func (s Set) Minus(other Set) Set {
	gone := other.SSRCs()
	return Set{Owner: s.Owner, Audio: s.Audio.without(gone), Video: s.Video.without(gone)}
}

// Only is the part of the set whose SSRCs the other names.
func (s Set) Only(other Set) Set {
	return s.Minus(s.Minus(other))
}

func (l List) plus(other List) List {
	return List{Sources: slices.Concat(l.Sources, other.Sources), Groups: slices.Concat(l.Groups, other.Groups)}
}

func (l List) without(gone []uint32) List {
	var left List
	for _, source := range l.Sources {
		if !slices.Contains(gone, source.SSRC) {
			left.Sources = append(left.Sources, source)
		}
	}
	for _, group := range l.Groups {
		if !slices.ContainsFunc(group.SSRCs, func(ssrc uint32) bool { return slices.Contains(gone, ssrc) }) {
			left.Groups = append(left.Groups, group)
		}
	}
	return left
}

// Encoding is one stream that a sender makes of a source: a layer of simulcast, or the only one there is.
type Encoding struct {
	SSRC uint32
	RTX  uint32 // 0 when there are no retransmissions
}

// Described is one named source with all its encodings, lowest layer first.
type Described struct {
	Name      string
	Media     Media
	VideoType string
	Encodings []Encoding
}

// Describe sorts the set's SSRCs into named sources by their groups.
func (s Set) Describe() []Described {
	return slices.Concat(s.Audio.describe(Audio), s.Video.describe(Video))
}

func (l List) describe(media Media) []Described {
	rtx := map[uint32]uint32{}
	secondary := map[uint32]bool{} // retransmissions, and layers that are listed with their first
	layers := map[uint32][]uint32{}
	for _, group := range l.Groups {
		switch {
		case group.Semantics == FID && len(group.SSRCs) == 2:
			rtx[group.SSRCs[0]] = group.SSRCs[1]
			secondary[group.SSRCs[1]] = true
		case group.Semantics == SIM && len(group.SSRCs) > 1:
			layers[group.SSRCs[0]] = group.SSRCs
			for _, ssrc := range group.SSRCs[1:] {
				secondary[ssrc] = true
			}
		}
	}
	var all []Described
	for _, source := range l.Sources {
		if secondary[source.SSRC] {
			continue
		}
		d := Described{Name: source.Name, Media: media, VideoType: source.VideoType}
		ssrcs := layers[source.SSRC]
		if ssrcs == nil {
			ssrcs = []uint32{source.SSRC}
		}
		for _, ssrc := range ssrcs {
			d.Encodings = append(d.Encodings, Encoding{SSRC: ssrc, RTX: rtx[ssrc]})
		}
		all = append(all, d)
	}
	return all
}

// WithoutSimulcast is the set as receivers see it: of each source the first layer and its retransmissions. The
// bridge sends whatever layer it chooses as that SSRC (recording a-alice: three layers in session-accept, one in
// source-add).
func (s Set) WithoutSimulcast() Set {
	return Set{Owner: s.Owner, Audio: s.Audio, Video: s.Video.withoutSimulcast()}
}

func (l List) withoutSimulcast() List {
	var hidden []uint32
	var left List
	left.Sources = l.Sources
	for _, group := range l.Groups {
		if group.Semantics == SIM && len(group.SSRCs) > 1 {
			hidden = append(hidden, group.SSRCs[1:]...)
		} else {
			left.Groups = append(left.Groups, group)
		}
	}
	for _, group := range l.Groups {
		if group.Semantics == FID && len(group.SSRCs) == 2 && slices.Contains(hidden, group.SSRCs[0]) {
			hidden = append(hidden, group.SSRCs[1])
		}
	}
	return left.without(hidden)
}

// Owner gives the endpoint that a source's name starts with: 5410b27b for 5410b27b-v0.
func Owner(name string) string {
	if i := strings.LastIndexByte(name, '-'); i >= 0 {
		return name[:i]
	}
	return name
}
