package jingle

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// jsonSources is the compact form (http://jitsi.org/json-encoded-sources): for every endpoint its video
// sources, the groups of these, its audio sources and the groups of these. Trailing arrays may be missing.
type jsonSources struct {
	Sources map[string][]json.RawMessage `json:"sources"`
}

type jsonSource struct {
	SSRC      uint32 `json:"s"`
	Name      string `json:"n"`
	MSID      string `json:"m"`
	VideoType string `json:"v"` // "d": desktop
}

func (c *collector) addJSON(text string) error {
	var in jsonSources
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return fmt.Errorf("malformed JSON: %w", err)
	}
	if len(in.Sources) > maxSources {
		return fmt.Errorf("sources of %d endpoints", len(in.Sources))
	}
	for _, endpoint := range slices.Sorted(maps.Keys(in.Sources)) {
		if err := c.addEndpoint(endpoint, in.Sources[endpoint]); err != nil {
			return fmt.Errorf("endpoint %s: %w", shorten(endpoint), err)
		}
	}
	return nil
}

func (c *collector) addEndpoint(endpoint string, arrays []json.RawMessage) error {
	steps := []func(json.RawMessage) error{
		func(raw json.RawMessage) error { return c.addJSONSources(endpoint, Video, raw) },
		c.addJSONGroups,
		func(raw json.RawMessage) error { return c.addJSONSources(endpoint, Audio, raw) },
		c.addJSONGroups,
	}
	for i, raw := range arrays {
		if i == len(steps) {
			break // whatever a later version adds
		}
		if err := steps[i](raw); err != nil {
			return fmt.Errorf("array %d: %w", i+1, err)
		}
	}
	return nil
}

func (c *collector) addJSONSources(endpoint string, media Media, raw json.RawMessage) error {
	var list []jsonSource
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("malformed sources: %w", err)
	}
	for _, in := range list {
		s := signalled{ssrc: in.SSRC, endpoint: endpoint, name: in.Name, msid: in.MSID, media: media}
		if media == Video && in.VideoType == "d" {
			s.videoType = Desktop
		}
		if err := c.add(s); err != nil {
			return err
		}
	}
	return nil
}

// addJSONGroups reads groups such as ["f", 1510012607, 4268282505].
func (c *collector) addJSONGroups(raw json.RawMessage) error {
	var list [][]json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("malformed groups: %w", err)
	}
	for _, in := range list {
		g, err := parseJSONGroup(in)
		if err == nil {
			err = c.addGroup(g)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func parseJSONGroup(in []json.RawMessage) (ssrcGroup, error) {
	var g ssrcGroup
	if len(in) == 0 {
		return g, errors.New("an empty group")
	}
	if err := json.Unmarshal(in[0], &g.semantics); err != nil {
		return g, fmt.Errorf("malformed semantics of a group: %w", err)
	}
	switch g.semantics {
	case "f":
		g.semantics = "FID"
	case "s":
		g.semantics = "SIM"
	}
	if len(in) > maxList {
		return g, fmt.Errorf("a group of %d SSRCs", len(in)-1)
	}
	for _, raw := range in[1:] {
		var ssrc uint32
		if err := json.Unmarshal(raw, &ssrc); err != nil {
			return g, fmt.Errorf("malformed SSRC in a group: %w", err)
		}
		g.ssrcs = append(g.ssrcs, ssrc)
	}
	return g, nil
}
