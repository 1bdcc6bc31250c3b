package elements

import (
	"slices"
	"strings"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// offer is a source that somebody has: in the session, or announced in presence, which comes before, and where the bridge
// rewrites SSRCs long before.
type offer struct {
	name, endpoint string
	media          jingle.Media
	desktop        bool
	muted          bool
	ssrc           uint32 // 0: not in the session
}

// catalogue lists what there is: of those who are present in the order of their arrival, then of others.
func catalogue(present []conference.Participant, sources []jingle.Source) []offer {
	var list []offer
	for _, p := range present {
		for _, info := range p.Sources {
			if m := announcedMedia(info.Name); m != "" {
				list = append(list, offer{
					name: info.Name, endpoint: p.ID, media: m, muted: info.Muted, desktop: info.VideoType == jingle.Desktop,
				})
			}
		}
		for _, s := range sources {
			if s.Endpoint == p.ID {
				list = enter(list, s)
			}
		}
	}
	for _, s := range sources {
		list = enter(list, s)
	}
	return list
}

// enter puts a source of the session into the list, or completes what presence says of it.
func enter(list []offer, s jingle.Source) []offer {
	i := slices.IndexFunc(list, func(o offer) bool {
		return o.endpoint == s.Endpoint && o.media == s.Media && (o.ssrc == s.SSRC || s.Name != "" && o.name == s.Name)
	})
	if i < 0 {
		return append(list, offer{
			name: s.Name, endpoint: s.Endpoint, media: s.Media, desktop: s.VideoType == jingle.Desktop, ssrc: s.SSRC,
		})
	}
	list[i].ssrc = s.SSRC
	list[i].desktop = list[i].desktop || s.VideoType == jingle.Desktop
	return list
}

// announcedMedia reads the medium off a source's name, ENDPOINT-a0 or ENDPOINT-v0.
func announcedMedia(name string) jingle.Media {
	switch _, kind, _ := strings.Cut(name, "-"); {
	case strings.HasPrefix(kind, "a"):
		return jingle.Audio
	case strings.HasPrefix(kind, "v"):
		return jingle.Video
	}
	return ""
}

// ofEndpoint finds a participant's microphone or camera: one that is in the session, if any is.
func ofEndpoint(offers []offer, endpoint string, m jingle.Media) (found offer, ok bool) {
	for _, o := range offers {
		if o.endpoint == endpoint && o.media == m && !o.desktop && (!ok || found.ssrc == 0 && o.ssrc != 0) {
			found, ok = o, true
		}
	}
	return found, ok
}

// ofName finds a source by its name.
func ofName(offers []offer, name string, m jingle.Media) (offer, bool) {
	return first(offers, func(o offer) bool { return o.name == name && o.media == m })
}

// shownScreen finds a screen that is shared: the one of that name if it still is.
func shownScreen(offers []offer, current string) (offer, bool) {
	isScreen := func(o offer) bool { return o.media == jingle.Video && o.desktop && !o.muted }
	if o, ok := first(offers, func(o offer) bool { return isScreen(o) && current != "" && o.name == current }); ok {
		return o, true
	}
	return first(offers, isScreen)
}

func first(offers []offer, matches func(offer) bool) (offer, bool) {
	if i := slices.IndexFunc(offers, matches); i >= 0 {
		return offers[i], true
	}
	return offer{}, false
}
