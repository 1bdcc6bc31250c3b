package jingle

import (
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
)

// ErrUnsupported says that a message's action is none that Jitsi uses.
var ErrUnsupported = errors.New("unsupported action")

// Bounds of one message. A conference of hundreds stays far below them.
const (
	maxSources    = 8192
	maxCandidates = 256
	maxList       = 256 // payload types, parameters, header extensions, …
)

// Parse reads the IQ stanza that contains a Jingle message. Its error names what is wrong.
func Parse(iq []byte) (Message, error) {
	var in struct {
		Jingle *wireJingle `xml:"urn:xmpp:jingle:1 jingle"`
	}
	if err := xml.Unmarshal(iq, &in); err != nil {
		return nil, fmt.Errorf("malformed XML: %w", err)
	}
	if in.Jingle == nil {
		return nil, errors.New("no jingle element")
	}
	m, err := in.Jingle.message()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Jingle.Action, err)
	}
	return m, nil
}

func (j *wireJingle) message() (Message, error) {
	if j.SID == "" {
		return nil, errors.New("no sid")
	}
	switch j.Action {
	case "session-initiate":
		return j.sessionInitiate()
	case "source-add", "addsource":
		sources, err := j.sources()
		return &SourceAdd{SID: j.SID, Sources: sources}, err
	case "source-remove", "removesource":
		sources, err := j.sources()
		return &SourceRemove{SID: j.SID, Sources: sources}, err
	case "session-terminate":
		reason, text := j.Reason.split()
		return &SessionTerminate{SID: j.SID, Reason: reason, Text: text}, nil
	case "transport-info":
		return j.transportInfo()
	case "session-info":
		return &SessionInfo{SID: j.SID}, nil
	}
	return nil, ErrUnsupported
}

func (r *wireReason) split() (reason, text string) {
	if r == nil {
		return "", ""
	}
	if len(r.Condition) > 0 {
		reason = r.Condition[0].XMLName.Local
	}
	return reason, r.Text
}

func (j *wireJingle) sessionInitiate() (*SessionInitiate, error) {
	s := &SessionInitiate{SID: j.SID, Initiator: j.Initiator}
	s.Audio.Media, s.Video.Media = Audio, Video
	if j.Bridge != nil {
		s.BridgeSessionID = j.Bridge.ID
	}
	if m := j.StartMuted; m != nil {
		s.StartMuted = StartMuted{Audio: m.Audio == "true", Video: m.Video == "true"}
	}
	transport := j.transport()
	if transport == nil {
		return nil, errors.New("no transport")
	}
	for _, c := range j.Contents {
		if err := s.addContent(c); err != nil {
			return nil, fmt.Errorf("content %s: %w", c.Name, err)
		}
	}
	if len(s.Audio.PayloadTypes)+len(s.Video.PayloadTypes) == 0 {
		return nil, errors.New("no payload types")
	}
	var err error
	if s.Transport, err = transport.parse(); err == nil {
		err = s.Transport.complete()
	}
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	s.Sources, err = j.sources()
	return s, err
}

func (s *SessionInitiate) addContent(c wireContent) error {
	media, err := c.media()
	if err != nil || c.Description == nil {
		return err
	}
	description, err := c.Description.parse(media)
	if err != nil {
		return err
	}
	if media == Audio {
		s.Audio = description
	} else {
		s.Video = description
	}
	return nil
}

// media is that of the description; without one (in a transport-info) the content's name tells. Data channels
// are neither and have no description of RTP.
func (c *wireContent) media() (Media, error) {
	name := c.Name
	if c.Description != nil {
		name = c.Description.Media
	}
	switch Media(name) {
	case Audio, Video:
		return Media(name), nil
	}
	if c.Description == nil {
		return "", nil
	}
	return "", fmt.Errorf("unknown media %q", name)
}

// transport is the first one: with BUNDLE it is the same in all contents.
func (j *wireJingle) transport() *wireTransport {
	for i := range j.Contents {
		if t := j.Contents[i].Transport; t != nil {
			return t
		}
	}
	return nil
}

func (j *wireJingle) transportInfo() (*TransportInfo, error) {
	wire := j.transport()
	if wire == nil {
		return nil, errors.New("no transport")
	}
	transport, err := wire.parse()
	if err != nil {
		return nil, fmt.Errorf("transport: %w", err)
	}
	info := &TransportInfo{SID: j.SID, Transport: transport}
	if wire.Generation != "" {
		generation, err := parseUint("ice-generation", wire.Generation, 16)
		if err != nil {
			return nil, err
		}
		info.Generation = uint(generation)
	}
	return info, nil
}

// parseUint reads an unsigned attribute of so many bits.
func parseUint(name, value string, bits int) (uint64, error) {
	n, err := strconv.ParseUint(value, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%s %q is no number of %d bits", name, shorten(value), bits)
	}
	return n, nil
}

// shorten keeps error texts readable whatever was sent.
func shorten(s string) string {
	const limit = 64
	if len(s) > limit {
		return s[:limit] + "…"
	}
	return s
}
