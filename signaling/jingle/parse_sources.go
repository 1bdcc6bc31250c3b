package jingle

import (
	"errors"
	"fmt"
	"strings"
)

// signalled is one SSRC as it was signalled, in XML or in JSON.
type signalled struct {
	ssrc      uint32
	endpoint  string
	name      string
	msid      string
	media     Media
	videoType VideoType
}

// ssrcGroup ties SSRCs together (RFC 5576): FID an SSRC with its retransmissions, SIM the layers of a source.
type ssrcGroup struct {
	semantics string
	ssrcs     []uint32
}

// sources are those of all contents and of the JSON form (json-encoded-sources).
func (j *wireJingle) sources() ([]Source, error) {
	var c collector
	for _, content := range j.Contents {
		if err := c.addContent(content); err != nil {
			return nil, fmt.Errorf("content %s: %w", shorten(content.Name), err)
		}
	}
	for _, message := range j.JSON {
		if err := c.addJSON(message.Text); err != nil {
			return nil, fmt.Errorf("json-message: %w", err)
		}
	}
	return c.list(), nil
}

// collector gathers SSRCs and groups and makes sources of them.
type collector struct {
	signalled []signalled
	groups    []ssrcGroup
	seen      map[uint32]bool
}

func (c *collector) add(s signalled) error {
	if s.ssrc == 0 {
		return errors.New("a source with SSRC 0")
	}
	if s.endpoint == "" {
		s.endpoint = ownerOf(s.name)
	}
	if s.endpoint == "" {
		return fmt.Errorf("source %d has no owner", s.ssrc)
	}
	if len(c.signalled) == maxSources {
		return fmt.Errorf("more than %d sources", maxSources)
	}
	if c.seen[s.ssrc] {
		return nil // clients repeat SSRCs; the first mention counts
	}
	if c.seen == nil {
		c.seen = map[uint32]bool{}
	}
	c.seen[s.ssrc] = true
	if s.media == Video && s.videoType == "" {
		s.videoType = Camera
	}
	c.signalled = append(c.signalled, s)
	return nil
}

// ownerOf reads the owner off a source's name, ENDPOINT-v0.
func ownerOf(name string) string {
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		return name[:i]
	}
	return ""
}

func (c *collector) addGroup(g ssrcGroup) error {
	if len(c.groups) == maxSources || len(g.ssrcs) > maxList {
		return errors.New("too many groups, or too many SSRCs in one")
	}
	if len(g.ssrcs) > 0 {
		c.groups = append(c.groups, g)
	}
	return nil
}

func (c *collector) addContent(content wireContent) error {
	if content.Description == nil {
		return nil
	}
	media, err := content.media()
	if err != nil {
		return err
	}
	for _, w := range content.Description.Sources {
		s, err := w.parse(media)
		if err == nil {
			err = c.add(s)
		}
		if err != nil {
			return err
		}
	}
	for _, w := range content.Description.Groups {
		g, err := w.parse()
		if err == nil {
			err = c.addGroup(g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *wireSource) parse(media Media) (signalled, error) {
	ssrc, err := parseUint("ssrc", w.SSRC, 32)
	if err != nil {
		return signalled{}, fmt.Errorf("source %s: %w", shorten(w.Name), err)
	}
	s := signalled{ssrc: uint32(ssrc), name: w.Name, media: media}
	if w.Info != nil { // the id, or the full JID of the occupant in older deployments
		s.endpoint = w.Info.Owner[strings.LastIndexByte(w.Info.Owner, '/')+1:]
	}
	if media == Video {
		s.videoType = VideoType(strings.ToLower(w.VideoType))
	}
	for _, p := range w.Parameters {
		if p.Name == "msid" {
			s.msid = p.Value
		}
	}
	return s, nil
}

func (w *wireSSRCGroup) parse() (ssrcGroup, error) {
	g := ssrcGroup{semantics: w.Semantics}
	if len(w.Sources) > maxList {
		return g, fmt.Errorf("a group of %d SSRCs", len(w.Sources))
	}
	for _, ref := range w.Sources {
		ssrc, err := parseUint("ssrc", ref.SSRC, 32)
		if err != nil {
			return g, fmt.Errorf("group %s: %w", shorten(w.Semantics), err)
		}
		g.ssrcs = append(g.ssrcs, uint32(ssrc))
	}
	return g, nil
}
