package focus

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gstjitsi/tests/deployment/source"
	"gstjitsi/tests/deployment/xmltree"
)

// jsonSource is a source in Jitsi's compact notation.
type jsonSource struct {
	SSRC      uint32 `json:"s"`
	Name      string `json:"n,omitempty"`
	MSID      string `json:"m,omitempty"`
	VideoType string `json:"v,omitempty"` // "d" for desktop, nothing for camera
}

// sourcesJSON writes <json-message> as recorded: by owner an array of video, video groups, audio and, only when there
// are any, audio groups.
func sourcesJSON(sets []source.Set) *xmltree.Element {
	byOwner := map[string]any{}
	for _, set := range sets {
		entry := []any{jsonSources(set.Video), jsonGroups(set.Video), jsonSources(set.Audio)}
		if len(set.Audio.Groups) > 0 {
			entry = append(entry, jsonGroups(set.Audio))
		}
		byOwner[set.Owner] = entry
	}
	text, err := json.Marshal(map[string]any{"sources": byOwner})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return xmltree.New(nsJitMeet, "json-message").SetText(string(text))
}

func jsonSources(list source.List) []jsonSource {
	all := []jsonSource{}
	for _, s := range bySSRC(list.Sources) {
		entry := jsonSource{SSRC: s.SSRC, Name: s.Name, MSID: s.MSID}
		if s.VideoType == "desktop" {
			entry.VideoType = "d"
		}
		all = append(all, entry)
	}
	return all
}

func jsonGroups(list source.List) [][]any {
	all := [][]any{}
	for _, group := range list.Groups {
		entry := []any{strings.ToLower(group.Semantics[:1])}
		for _, ssrc := range group.SSRCs {
			entry = append(entry, ssrc)
		}
		all = append(all, entry)
	}
	return all
}

// bySSRC orders sources so that nobody can rely on the retransmissions coming second: in recordings they come first
// as often.
func bySSRC(sources []source.Source) []source.Source {
	return slices.SortedFunc(slices.Values(sources), func(a, b source.Source) int { return cmp.Compare(a.SSRC, b.SSRC) })
}

// sourcesXML writes contents with sources for those who don't understand JSON (recording j-nojson-alice).
func sourcesXML(sets []source.Set) []*xmltree.Element {
	var contents []*xmltree.Element
	for _, media := range []source.Media{source.Audio, source.Video} {
		description := xmltree.New(nsRTP, "description", "media", string(media))
		for _, set := range sets {
			list := set.Audio
			if media == source.Video {
				list = set.Video
			}
			description.Add(listXML(set.Owner, list)...)
		}
		if len(description.Children) > 0 {
			contents = append(contents, xmltree.New("", "content", "name", string(media)).Add(description))
		}
	}
	return contents
}

func listXML(owner string, list source.List) []*xmltree.Element {
	var elements []*xmltree.Element
	for _, s := range bySSRC(list.Sources) {
		e := xmltree.New(nsSources, "source")
		if s.VideoType != "" {
			e.Set("videoType", s.VideoType)
		}
		e.Set("ssrc", ssrcText(s.SSRC))
		e.Set("name", s.Name)
		e.Add(xmltree.New(nsJitMeet, "ssrc-info", "owner", owner))
		if s.MSID != "" {
			e.Add(xmltree.New(nsRTP, "parameter", "name", "msid", "value", s.MSID))
		}
		elements = append(elements, e)
	}
	for _, group := range list.Groups {
		e := xmltree.New(nsSources, "ssrc-group", "semantics", group.Semantics)
		for _, ssrc := range group.SSRCs {
			e.Add(xmltree.New("", "source", "ssrc", ssrcText(ssrc)))
		}
		elements = append(elements, e)
	}
	return elements
}

func ssrcText(ssrc uint32) string { return strconv.FormatUint(uint64(ssrc), 10) }

// readSources reads the sources of all contents of a client's message. Clients always send XML.
func readSources(jingle *xmltree.Element) (source.Set, error) {
	var set source.Set
	for _, content := range jingle.All("", "content") {
		description := content.Child(nsRTP, "description")
		if description == nil {
			continue
		}
		list, err := readList(description)
		if err != nil {
			return set, fmt.Errorf("content %s: %w", content.Attr("name"), err)
		}
		switch media := description.Attr("media"); media {
		case "audio":
			set = set.Plus(source.Set{Audio: list})
		case "video":
			set = set.Plus(source.Set{Video: list})
		default:
			return set, fmt.Errorf("content %s: unknown media %q", content.Attr("name"), media)
		}
	}
	return set, nil
}

func readList(description *xmltree.Element) (source.List, error) {
	var list source.List
	video := description.Attr("media") == "video"
	for _, e := range description.All(nsSources, "source") {
		ssrc, err := readSSRC(e)
		if err != nil {
			return list, err
		}
		s := source.Source{SSRC: ssrc, Name: e.Attr("name")} // clients of before source names give none
		if video {
			if s.VideoType = e.Attr("videoType"); s.VideoType == "" {
				s.VideoType = "camera"
			}
		}
		for _, parameter := range e.All("", "parameter") {
			if parameter.Attr("name") == "msid" {
				s.MSID = parameter.Attr("value")
			}
		}
		list.Sources = append(list.Sources, s)
	}
	for _, e := range description.All(nsSources, "ssrc-group") {
		group := source.Group{Semantics: e.Attr("semantics")}
		if group.Semantics == "" {
			return list, fmt.Errorf("a group without semantics: %s", e)
		}
		for _, member := range e.All("", "source") {
			ssrc, err := readSSRC(member)
			if err != nil {
				return list, err
			}
			group.SSRCs = append(group.SSRCs, ssrc)
		}
		list.Groups = append(list.Groups, group)
	}
	return list, nil
}

func readSSRC(e *xmltree.Element) (uint32, error) {
	ssrc, err := strconv.ParseUint(e.Attr("ssrc"), 10, 32)
	if err != nil || ssrc == 0 {
		return 0, fmt.Errorf("SSRC %q is none", e.Attr("ssrc"))
	}
	return uint32(ssrc), nil
}
