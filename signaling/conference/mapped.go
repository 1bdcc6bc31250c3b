package conference

import (
	"strings"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/jingle"
)

// addMapped learns sources of a source map, which tells only what is new (e-rewriting). The bridge gives an SSRC
// of a source that it forwards no more to another one: the table makes that a removal and an addition.
func (s *stay) addMapped(media jingle.Media, mapped []colibri.MappedSource) {
	sources := make([]jingle.Source, 0, len(mapped))
	for _, m := range mapped {
		source, ok := sourceOf(media, m)
		if !ok {
			s.jingleLog.Warnf("ignoring the source %.64q of owner %.64q with SSRC %d in a map of %s", m.Name, m.Owner, m.SSRC, media)
			continue
		}
		sources = append(sources, source)
	}
	s.addSources(sources)
}

func sourceOf(media jingle.Media, m colibri.MappedSource) (jingle.Source, bool) {
	source := jingle.Source{Name: m.Name, Endpoint: m.Owner, Media: media, SSRC: m.SSRC, RTX: m.RTX, MID: m.MID}
	if media == jingle.Video {
		source.VideoType = jingle.Camera
		if strings.HasPrefix(m.VideoType, "DESKTOP") { // there is DESKTOP_HIGH_FPS, too
			source.VideoType = jingle.Desktop
		}
	}
	return source, m.Name != "" && m.Owner != "" && m.SSRC != 0
}
