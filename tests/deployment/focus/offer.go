package focus

import (
	"strconv"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/source"
	"gstjitsi/tests/deployment/xmltree"
)

const (
	nsJingle     = "urn:xmpp:jingle:1"
	nsRTP        = "urn:xmpp:jingle:apps:rtp:1"
	nsFeedback   = "urn:xmpp:jingle:apps:rtp:rtcp-fb:0"
	nsHeaderExt  = "urn:xmpp:jingle:apps:rtp:rtp-hdrext:0"
	nsSources    = "urn:xmpp:jingle:apps:rtp:ssma:0"
	nsGrouping   = "urn:xmpp:jingle:apps:grouping:0"
	nsOpenTracer = "jitsi:opentelemetry"
	nsStartMuted = "http://jitsi.org/jitmeet/start-muted"
)

// offer writes session-initiate, element by element in the recorded order (a-alice, j-nojson-alice, j-minimal-alice,
// nomid-a-alice).
func (s *session) offer() *xmltree.Element {
	p, f := s.p, s.p.room.focus
	sets := []source.Set{p.room.bridgeConference().OwnSources()}
	for _, other := range p.room.order {
		if told, ok := s.told[other.id]; ok {
			sets = append(sets, told)
		}
	}
	have := f.codecFeatures(p.features)
	audio := xmltree.New(nsRTP, "description", "maxptime", "60", "media", "audio")
	describe(audio, codec.Audio().For(have))
	video := xmltree.New(nsRTP, "description", "media", "video")
	describe(video, codec.Video().For(have))
	if !p.json() {
		for _, set := range sets {
			audio.Add(listXML(set.Owner, set.Audio)...)
			video.Add(listXML(set.Owner, set.Video)...)
		}
	}

	transport := s.endpoint.Transport()
	content := func(name string, description *xmltree.Element) *xmltree.Element {
		return xmltree.New("", "content", "creator", "initiator", "name", name, "senders", "both").
			Add(description, transportElement(transport))
	}
	jingle := xmltree.New(nsJingle, "jingle", "action", "session-initiate", "initiator", f.client.JID, "sid", s.sid)
	jingle.Add(
		content("audio", audio),
		content("video", video),
		xmltree.New(nsGrouping, "group", "semantics", "BUNDLE").
			Add(xmltree.New("", "content", "name", "audio"), xmltree.New("", "content", "name", "video")),
	)
	audioMuted, videoMuted := f.opts.StartMuted || p.room.exceeded(p.room.limits.audio), f.opts.StartMuted || p.room.exceeded(p.room.limits.video)
	if audioMuted || videoMuted {
		jingle.Add(xmltree.New(nsStartMuted, "startmuted", "audio", strconv.FormatBool(audioMuted), "video", strconv.FormatBool(videoMuted)))
	}
	jingle.Add(xmltree.New(nsFocus, "bridge-session", "id", s.bridgeID))
	if p.json() {
		jingle.Add(sourcesJSON(sets))
	}
	return jingle.Add(xmltree.New(nsOpenTracer, "traceparent", "trace_id", "00000000000000000000000000000000",
		"trace_flags", "00", "parent_id", "0000000000000000"))
}

func describe(description *xmltree.Element, table codec.Table) {
	for _, pt := range table.PayloadTypes {
		e := xmltree.New("", "payload-type", "id", strconv.Itoa(int(pt.ID)), "name", pt.Name, "clockrate", strconv.Itoa(pt.ClockRate))
		if pt.Channels > 0 {
			e.Set("channels", strconv.Itoa(pt.Channels))
		}
		for i := 0; i <= len(pt.Parameters); i++ {
			if i == pt.FeedbackAt {
				for _, feedback := range pt.Feedback {
					fb := xmltree.New(nsFeedback, "rtcp-fb", "type", feedback.Type)
					if feedback.Subtype != "" {
						fb.Set("subtype", feedback.Subtype)
					}
					e.Add(fb)
				}
			}
			if i < len(pt.Parameters) {
				e.Add(xmltree.New("", "parameter", "name", pt.Parameters[i].Name, "value", pt.Parameters[i].Value))
			}
		}
		description.Add(e)
	}
	for _, extension := range table.Extensions {
		description.Add(xmltree.New(nsHeaderExt, "rtp-hdrext", "uri", extension.URI, "id", strconv.Itoa(int(extension.ID))))
	}
	description.Add(xmltree.New(nsHeaderExt, "extmap-allow-mixed"), xmltree.New("", "rtcp-mux"))
}
