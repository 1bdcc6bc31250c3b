package conference

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
)

// clientSays makes us do what the recorded client did.
func (r *replay) clientSays(stanza string) {
	switch action := regexp.MustCompile(`<jingle action="([^"]*)"`).FindStringSubmatch(stanza); {
	case action != nil:
		r.clientSaysJingle(action[1], stanza)
	case strings.HasPrefix(stanza, "<presence ") && strings.Contains(stanza, `type="unavailable"`):
		r.leave()
	case strings.HasPrefix(stanza, "<presence "):
		r.announce(stanza)
	case strings.Contains(stanza, "<body>"):
		r.guest.SendChat(r.text(stanza, "body"), "")
		r.same(stanza, r.server.expect("<message "))
	case strings.Contains(stanza, "<mute "):
		r.guest.MuteParticipant(firstMatch([]line{r.at}, "xmpp", "C>S", `<mute jid="[^"]*/([^"]*)"`), jingle.Audio)
		r.same(stanza, r.server.expect("<mute "))
	case strings.Contains(stanza, `role="none"`):
		r.guest.Kick(firstMatch([]line{r.at}, "xmpp", "C>S", `<item nick="([^"]*)"`), r.text(stanza, "reason"))
		r.same(stanza, r.server.expect("muc#admin"))
	}
}

func (r *replay) clientSaysJingle(action, stanza string) {
	sid := firstMatch([]line{r.at}, "xmpp", "C>S", `sid="([^"]*)"`)
	switch action {
	case "session-accept":
		r.guest.Accept(sid, r.readAccept(stanza))
	case "source-add":
		r.guest.AddSessionSources(sid, r.readAccept(stanza).Sources)
	case "source-remove":
		r.guest.RemoveSessionSources(sid, r.readAccept(stanza).Sources)
	case "session-terminate":
		r.bridge.conn = nil // we close it
		r.guest.RestartSession(sid)
	default:
		return // ICE restarts in place: webrtcbin knows none, so that we restart the session instead
	}
	r.same(stanza, r.server.expect(`action="`+action+`"`),
		"traceparent", "content[name=data]", "content[creator=responder name=data]")
	r.settle()
}

// readAccept reads what the recorded client answered. Parse is for the focus' messages: an offer has the same parts.
func (r *replay) readAccept(stanza string) jingle.SessionAccept {
	add := strings.Contains(stanza, `action="source-`)
	if !add {
		stanza = strings.Replace(stanza, `action="session-accept"`, `action="session-initiate"`, 1)
	}
	m, err := jingle.Parse([]byte(stanza))
	if err != nil {
		r.failf("%v", err)
	}
	switch m := m.(type) {
	case *jingle.SessionInitiate:
		return jingle.SessionAccept{Audio: m.Audio, Video: m.Video, Transport: m.Transport, Sources: sent(r.t, m.Sources, stanza)}
	case *jingle.SourceAdd:
		return jingle.SessionAccept{Sources: sent(r.t, m.Sources, stanza)}
	case *jingle.SourceRemove:
		return jingle.SessionAccept{Sources: sent(r.t, m.Sources, stanza)}
	}
	r.failf("got %T", m)
	return jingle.SessionAccept{}
}

var (
	groupElement = regexp.MustCompile(`<ssrc-group semantics="(\w+)"[^>]*>(.*?)</ssrc-group>`)
	groupMember  = regexp.MustCompile(`ssrc="(\d+)"`)
)

// sent makes a sender's view of a receiver's, with what a receiver has no use for: the order of the layers, the
// retransmissions of each, the msid.
func sent(t testing.TB, sources []jingle.Source, stanza string) []jingle.LocalSource {
	var out []jingle.LocalSource
	for _, s := range sources {
		local := jingle.LocalSource{Name: s.Name, Media: s.Media, VideoType: s.VideoType, SSRCs: []uint32{s.SSRC}}
		rtx := map[uint32]uint32{}
		for _, g := range groupElement.FindAllStringSubmatch(stanza, -1) {
			members := numbers(t, g[2])
			switch {
			case g[1] == "FID":
				rtx[members[0]] = members[1]
			case members[0] == s.SSRC:
				local.SSRCs = members
			}
		}
		for _, ssrc := range local.SSRCs {
			if rtx[ssrc] != 0 {
				local.RTX = append(local.RTX, rtx[ssrc])
			}
		}
		local.MSID = firstMatch([]line{{Channel: "xmpp", Direction: "C>S", Text: stanza}}, "xmpp", "C>S",
			`<source name="`+s.Name+`"[^>]*><parameter name="msid" value="([^"]*)"`)
		out = append(out, local)
	}
	return out
}

func numbers(t testing.TB, text string) []uint32 {
	var out []uint32
	for _, m := range groupMember.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseUint(m[1], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, uint32(n))
	}
	return out
}

func (r *replay) text(stanza, element string) string {
	for _, fact := range facts(r.t, stanza) {
		if _, text, ok := strings.Cut(fact, element+"[] "); ok {
			return text
		}
	}
	return ""
}

// announce tells of our sources as the recorded client did.
func (r *replay) announce(presence string) {
	infos, err := parseSourceInfo(r.text(presence, "SourceInfo"))
	if err != nil {
		r.failf("%v", err)
	}
	var sources []LocalSource
	for _, info := range infos {
		source := LocalSource{Name: info.Name, Media: jingle.Audio, VideoType: info.VideoType, Muted: info.Muted}
		if info.VideoType != "" {
			source.Media = jingle.Video
		}
		sources = append(sources, source)
	}
	r.guest.SetLocalSources(sources)
	if slices.Equal(sources, r.model.ours) {
		return
	}
	r.model.ours = sources
	if got := r.text(r.server.expect("<presence ", "<SourceInfo>"), "SourceInfo"); got != r.text(presence, "SourceInfo") {
		r.failf("our sources are announced as %s", got)
	}
	r.settle()
}
