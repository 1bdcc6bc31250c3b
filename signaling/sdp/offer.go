// Package sdp translates between Jingle's sessions and the session descriptions (RFC 8866) that webrtcbin takes.
//
// The two are tied loosely: the bridge never sees these descriptions. The offer is written as if the bridge had
// made it, has one m-line for each medium plus one for each further stream of ours, and no a=ssrc: what arrives is
// told apart by its SSRC alone.
package sdp

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"gstjitsi/signaling/jingle"
)

// Header extensions that we negotiate.
const (
	AudioLevel  = "urn:ietf:params:rtp-hdrext:ssrc-audio-level" // RFC 6464
	AbsSendTime = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
	TransportCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
)

// Options says what we take of a session.
type Options struct {
	Codecs       []string // lower-case encoding names, audio and video: opus, vp8, …
	VideoSenders int      // m-lines for video of ours; the first one also receives. At least 1.
}

// Take is the part of a description that Options let through, in the offer's order: the codecs with their RTX, and
// the header extensions that the transport knows.
func Take(d jingle.Description, o Options) jingle.Description {
	taken := jingle.Description{Media: d.Media, ExtmapAllowMixed: d.ExtmapAllowMixed}
	ids := map[string]bool{}
	for _, pt := range d.PayloadTypes {
		if isRTX(pt) || !o.wants(pt.Name) {
			continue
		}
		ids[fmt.Sprint(pt.ID)] = true
		taken.PayloadTypes = append(taken.PayloadTypes, pt)
	}
	for _, pt := range d.PayloadTypes {
		if isRTX(pt) && ids[parameter(pt, "apt")] {
			taken.PayloadTypes = append(taken.PayloadTypes, pt)
		}
	}
	for _, ext := range d.HeaderExtensions {
		switch ext.URI {
		case AbsSendTime, AudioLevel, TransportCC:
			taken.HeaderExtensions = append(taken.HeaderExtensions, ext)
		}
	}
	return taken
}

func (o Options) wants(name string) bool {
	for _, codec := range o.Codecs {
		if strings.EqualFold(codec, name) {
			return true
		}
	}
	return false
}

func isRTX(pt jingle.PayloadType) bool { return strings.EqualFold(pt.Name, "rtx") }

func parameter(pt jingle.PayloadType, name string) string {
	for _, p := range pt.Parameters {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// ErrNoCommonCodec is in the chain of errors about a medium for which the two sides have no codec in common.
var ErrNoCommonCodec = errors.New("no common codec")

// Offer writes the session as an offer of the bridge. It fails where a medium has no codec that we take.
func Offer(s *jingle.SessionInitiate, o Options) (string, error) {
	audio, video := Take(s.Audio, o), Take(s.Video, o)
	for _, d := range []jingle.Description{audio, video} {
		if len(d.PayloadTypes) == 0 {
			return "", fmt.Errorf("%w for %s: the bridge offers %s, we take %s",
				ErrNoCommonCodec, d.Media, codecNames(s, d.Media), strings.Join(o.Codecs, ", "))
		}
	}
	lines := []mline{{"audio", "sendrecv", audio}, {"video", "sendrecv", video}}
	for i := 1; i < o.VideoSenders; i++ {
		lines = append(lines, mline{fmt.Sprintf("video%d", i), "recvonly", video})
	}
	w := &writer{}
	w.session(lines)
	for i, l := range lines {
		w.media(l, s.Transport, i == 0)
	}
	if w.err != nil {
		return "", w.err
	}
	return w.String(), nil
}

func codecNames(s *jingle.SessionInitiate, m jingle.Media) string {
	d := s.Audio
	if m == jingle.Video {
		d = s.Video
	}
	var names []string
	for _, pt := range d.PayloadTypes {
		if !isRTX(pt) {
			names = append(names, pt.Name)
		}
	}
	return strings.Join(names, ", ")
}

type mline struct {
	mid, direction string
	jingle.Description
}

type writer struct {
	strings.Builder
	err error
}

// line adds a line. What came off the wire could bring lines of its own: that is an error.
func (w *writer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if strings.ContainsFunc(text, unicode.IsControl) && w.err == nil {
		w.err = fmt.Errorf("control character in session description: %q", text)
	}
	w.WriteString(text)
	w.WriteString("\r\n")
}

func (w *writer) session(lines []mline) {
	w.line("v=0")
	w.line("o=- 1 1 IN IP4 0.0.0.0")
	w.line("s=-")
	w.line("t=0 0")
	var mids []string
	for _, l := range lines {
		mids = append(mids, l.mid)
	}
	w.line("a=group:BUNDLE %s", strings.Join(mids, " "))
	w.line("a=ice-options:trickle")
}

func (w *writer) media(l mline, t jingle.Transport, candidates bool) {
	var ids []string
	for _, pt := range l.PayloadTypes {
		ids = append(ids, fmt.Sprint(pt.ID))
	}
	w.line("m=%s 9 UDP/TLS/RTP/SAVPF %s", l.Media, strings.Join(ids, " "))
	w.line("c=IN IP4 0.0.0.0")
	w.line("a=mid:%s", l.mid)
	w.line("a=%s", l.direction)
	w.line("a=ice-ufrag:%s", t.Ufrag)
	w.line("a=ice-pwd:%s", t.Pwd)
	w.line("a=fingerprint:%s %s", t.Fingerprint.Hash, t.Fingerprint.Value)
	w.line("a=setup:%s", t.Fingerprint.Setup)
	w.line("a=rtcp-mux")
	w.line("a=rtcp-rsize")
	for _, pt := range l.PayloadTypes {
		w.payloadType(pt)
	}
	for _, ext := range l.HeaderExtensions {
		w.line("a=extmap:%d %s%s", ext.ID, ext.URI, extensionAttributes(ext.URI))
	}
	if !candidates {
		return
	}
	for _, c := range t.Candidates {
		if line, ok := CandidateLine(c); ok {
			w.line("a=%s", line)
		}
	}
}

// webrtcbin 1.22 compares extension maps with their attributes and refuses an audio level without vad.
func extensionAttributes(uri string) string {
	if uri == AudioLevel {
		return " vad=on"
	}
	return ""
}

func (w *writer) payloadType(pt jingle.PayloadType) {
	channels := ""
	if pt.Channels > 1 {
		channels = fmt.Sprintf("/%d", pt.Channels)
	}
	w.line("a=rtpmap:%d %s/%d%s", pt.ID, pt.Name, pt.ClockRate, channels)
	if len(pt.Parameters) > 0 {
		var values []string
		for _, p := range pt.Parameters {
			if p.Name == "" {
				values = append(values, p.Value)
			} else {
				values = append(values, p.Name+"="+strings.TrimSuffix(p.Value, ";"))
			}
		}
		w.line("a=fmtp:%d %s", pt.ID, strings.Join(values, ";"))
	}
	for _, f := range pt.Feedback {
		if f.Subtype == "" {
			w.line("a=rtcp-fb:%d %s", pt.ID, f.Type)
		} else {
			w.line("a=rtcp-fb:%d %s %s", pt.ID, f.Type, f.Subtype)
		}
	}
}
