package conference

import (
	"strings"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// addMapped learns sources of a source map, which tells only what is new (e-rewriting). The bridge gives an SSRC
// of a source that it forwards no more to another one: the table makes that a removal and an addition.
func (s *stay) addMapped(media jingle.Media, mapped []colibri.MappedSource) {
	var sources []jingle.Source
	var broken []colibri.MappedSource
	for _, m := range mapped {
		if source, ok := sourceOf(media, m); ok {
			sources = append(sources, source)
		} else {
			broken = append(broken, m)
		}
	}
	if len(broken) > 0 {
		s.jingleLog.Warnf("ignoring %d entries of a source map of %s, the first one source %.64q of owner %.64q with SSRC %d",
			len(broken), media, broken[0].Name, broken[0].Owner, broken[0].SSRC)
	}
	s.addSources(sources)
}

func sourceOf(media jingle.Media, m colibri.MappedSource) (jingle.Source, bool) {
	source := jingle.Source{Name: m.Name, Endpoint: m.Owner, Media: media, SSRC: m.SSRC, RTX: m.RTX, MID: m.MID, Rewritten: true}
	if media == jingle.Video {
		source.VideoType = jingle.Camera
		if strings.HasPrefix(m.VideoType, "DESKTOP") { // there is DESKTOP_HIGH_FPS, too
			source.VideoType = jingle.Desktop
		}
	}
	return source, m.Name != "" && m.Owner != "" && m.SSRC != 0
}
