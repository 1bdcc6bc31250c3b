package browser

import (
	"fmt"
	"strconv"
	"strings"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// Mids of the m-lines that we send over. The first source of a medium is received over the same one, each further one over
// its own.
const (
	audioMid  = "audio"
	videoMid  = "video"
	screenMid = "screen"
)

// mline is a part of the session. Once there it stays, as browsers want it.
type mline struct {
	mid    string
	media  jingle.Media
	ours   bool           // we send over it
	source *jingle.Source // that is received over it; nil: none
}

// mlines are those of a session, in their order.
type mlines []*mline

func newMLines(sends map[string]Sends) mlines {
	_, sound := sends[audioMid]
	_, camera := sends[videoMid]
	lines := mlines{{mid: audioMid, media: jingle.Audio, ours: sound}, {mid: videoMid, media: jingle.Video, ours: camera}}
	if _, screen := sends[screenMid]; screen {
		lines = append(lines, &mline{mid: screenMid, media: jingle.Video, ours: true})
	}
	return lines
}

// add finds a place for a source.
func (l *mlines) add(source jingle.Source) {
	for _, line := range *l {
		if line.media == source.Media && line.source == nil && line.mid != screenMid {
			line.source = &source
			return
		}
	}
	*l = append(*l, &mline{mid: fmt.Sprint("r", len(*l)), media: source.Media, source: &source})
}

func (l mlines) remove(source jingle.Source) {
	for _, line := range l {
		if line.source != nil && line.source.SSRC == source.SSRC {
			line.source = nil
		}
	}
}

// offer writes what the bridge offers as a browser wants it: the m-lines of signaling/sdp, and in each what is received.
func (l mlines) offer(session *jingle.SessionInitiate, codecs []string) (string, error) {
	text, err := sdp.Offer(session, sdp.Options{Codecs: codecs, VideoSenders: 1})
	if err != nil {
		return "", err
	}
	head, rest, _ := strings.Cut(text, "m=audio ")
	audio, video, _ := strings.Cut(rest, "m=video ")
	of := map[jingle.Media]string{jingle.Audio: "m=audio " + audio, jingle.Video: "m=video " + video}

	var out strings.Builder
	var mids []string
	for _, line := range l {
		mids = append(mids, line.mid)
	}
	for row := range strings.Lines(head) {
		if strings.HasPrefix(row, "a=group:BUNDLE") {
			row = "a=group:BUNDLE " + strings.Join(mids, " ") + "\r\n"
		}
		out.WriteString(row)
	}
	for _, line := range l {
		for row := range strings.Lines(of[line.media]) {
			switch {
			case strings.HasPrefix(row, "a=mid:"):
				row = "a=mid:" + line.mid + "\r\n"
			case row == "a=sendrecv\r\n":
				row = "a=" + line.direction() + "\r\n"
			}
			out.WriteString(row)
		}
		out.WriteString(line.ssrcs())
	}
	return out.String(), nil
}

// direction is the bridge's.
func (m *mline) direction() string {
	switch {
	case m.ours && m.source != nil:
		return "sendrecv"
	case m.ours:
		return "recvonly"
	case m.source != nil:
		return "sendonly"
	}
	return "inactive"
}

func (m *mline) ssrcs() string {
	s := m.source
	if s == nil {
		return ""
	}
	text := fmt.Sprintf("a=msid:%s %s\r\na=ssrc:%d cname:%s\r\n", s.Name, s.Name, s.SSRC, s.Endpoint)
	if s.RTX != 0 {
		text += fmt.Sprintf("a=ssrc-group:FID %d %d\r\na=ssrc:%d cname:%s\r\n", s.SSRC, s.RTX, s.RTX, s.Endpoint)
	}
	return text
}

// answered are the SSRCs that the browser has chosen, by the m-lines' mids.
func answered(answer string) map[string][]uint32 {
	found := map[string][]uint32{}
	mid := ""
	known := map[uint32]bool{}
	for row := range strings.Lines(answer) {
		row = strings.TrimSpace(row)
		if value, ok := strings.CutPrefix(row, "a=mid:"); ok {
			mid = value
		}
		if value, ok := strings.CutPrefix(row, "a=ssrc:"); ok {
			number, _, _ := strings.Cut(value, " ")
			ssrc, err := strconv.ParseUint(number, 10, 32)
			if err == nil && !known[uint32(ssrc)] {
				known[uint32(ssrc)] = true
				found[mid] = append(found[mid], uint32(ssrc))
			}
		}
	}
	return found
}

// fingerprint is the browser's.
func fingerprint(answer, setup string) (jingle.Fingerprint, error) {
	for row := range strings.Lines(answer) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(row), "a=fingerprint:"); ok {
			hash, digest, _ := strings.Cut(value, " ")
			return jingle.Fingerprint{Hash: hash, Value: digest, Setup: setup}, nil
		}
	}
	return jingle.Fingerprint{}, fmt.Errorf("no fingerprint in the browser's answer:\n%s", answer)
}
