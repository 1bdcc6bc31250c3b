package jingle

import (
	"errors"
	"fmt"
	"strings"
)

func (d *wireDescription) parse(media Media) (Description, error) {
	out := Description{Media: media, ExtmapAllowMixed: d.ExtmapAllowMixed != nil}
	if len(d.PayloadTypes) > maxList || len(d.HeaderExtensions) > maxList {
		return out, errors.New("too many payload types or header extensions")
	}
	for _, w := range d.PayloadTypes {
		pt, err := w.parse()
		if err != nil {
			return out, fmt.Errorf("payload type %s %s: %w", shorten(w.ID), shorten(w.Name), err)
		}
		out.PayloadTypes = append(out.PayloadTypes, pt)
	}
	for _, w := range d.HeaderExtensions {
		id, err := parseUint("id", w.ID, 8)
		if err != nil || id == 0 {
			return out, fmt.Errorf("header extension %s: id %q is none", shorten(w.URI), shorten(w.ID))
		}
		out.HeaderExtensions = append(out.HeaderExtensions, HeaderExtension{ID: uint8(id), URI: w.URI})
	}
	return out, nil
}

func (w *wirePayloadType) parse() (PayloadType, error) {
	pt := PayloadType{Name: w.Name, Channels: 1}
	id, err := parseUint("id", w.ID, 7)
	if err != nil {
		return pt, err
	}
	rate, err := parseUint("clockrate", w.ClockRate, 32)
	if err != nil {
		return pt, err
	}
	if w.Channels != "" {
		channels, err := parseUint("channels", w.Channels, 8)
		if err != nil {
			return pt, err
		}
		pt.Channels = max(uint8(channels), 1)
	}
	if w.Name == "" || rate == 0 {
		return pt, errors.New("no name or clock rate")
	}
	if len(w.Parameters) > maxList || len(w.Feedback) > maxList {
		return pt, errors.New("too many parameters or kinds of feedback")
	}
	pt.ID, pt.ClockRate = uint8(id), uint32(rate)
	for _, p := range w.Parameters {
		pt.Parameters = append(pt.Parameters, p.split()...)
	}
	for _, f := range w.Feedback {
		pt.Feedback = append(pt.Feedback, Feedback{Type: f.Type, Subtype: f.Subtype})
	}
	return pt, nil
}

// split takes apart what the focus puts into one parameter for H.264 (a-alice):
// profile-level-id = "42e01f;level-asymmetry-allowed=1;packetization-mode=1;".
func (p *wireParameter) split() []Parameter {
	first, rest, more := strings.Cut(p.Value, ";")
	out := []Parameter{{Name: p.Name, Value: strings.TrimSpace(first)}}
	for more {
		var field string
		field, rest, more = strings.Cut(rest, ";")
		name, value, named := strings.Cut(strings.TrimSpace(field), "=")
		switch {
		case named:
			out = append(out, Parameter{Name: name, Value: value})
		case name != "":
			out = append(out, Parameter{Value: name})
		}
	}
	return out
}
