package transport

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// Sender is one stream of ours: the payloader and the capsfilter in front of a sink pad of webrtcbin. The capsfilter says
// payload type, SSRC and header extensions; webrtcbin would pick its own.
type Sender struct {
	Media jingle.Media
	Index int // 0: microphone or camera, 1: screen
	Codec media.Codec

	transport *Transport
	ssrc, rtx uint32
	elements  []gst.Element
}

// makeSenders makes the senders of all m-lines, in their order: webrtcbin counts its sink pads by m-line.
func (t *Transport) makeSenders() error {
	if err := t.makeSender(jingle.Audio, 0, []string{"opus"}); err != nil {
		return err
	}
	for i := range videoSenders {
		if err := t.makeSender(jingle.Video, i, t.cfg.VideoCodecs); err != nil {
			return err
		}
	}
	return nil
}

func (t *Transport) makeSender(m jingle.Media, index int, preference []string) error {
	codec, pt, err := t.chooseCodec(m, preference)
	if err != nil {
		return err
	}
	s := &Sender{Media: m, Index: index, Codec: codec, transport: t, ssrc: newSSRC()}
	pay, err := makeElement(codec.Pay, "")
	if err != nil {
		return err
	}
	filter, err := makeElement("capsfilter", "")
	if err != nil {
		return err
	}
	if codec.Name == "vp8" {
		gstx.SetFromString(pay, "picture-id-mode", "15-bit")
	}
	filter.SetObjectProperty("caps", gst.CapsFromString(t.rtpCaps(s, pt)))
	s.elements = []gst.Element{pay, filter}
	t.cfg.Bin.AddMany(pay, filter)
	t.senders = append(t.senders, s)
	if !pay.Link(filter) {
		return fmt.Errorf("%s does not link to capsfilter", codec.Pay)
	}
	name := fmt.Sprintf("sink_%d", len(t.senders)-1)
	sink := t.webrtc.RequestPadSimple(name)
	if sink == nil {
		return fmt.Errorf("webrtcbin gives no pad %s", name)
	}
	if r := filter.GetStaticPad("src").Link(sink); r != gst.PadLinkOK {
		return fmt.Errorf("can't link to webrtcbin's %s: %v", name, r)
	}
	pay.SyncStateWithParent()
	filter.SyncStateWithParent()
	return nil
}

// chooseCodec takes the first of the preference that the bridge offers and GStreamer can pay.
func (t *Transport) chooseCodec(m jingle.Media, preference []string) (media.Codec, jingle.PayloadType, error) {
	for _, name := range preference {
		codec, ok := media.ByName(name)
		if !ok || codec.Media != m {
			continue
		}
		if pt, ok := t.payloadType(m, name); ok {
			return codec, pt, nil
		}
	}
	return media.Codec{}, jingle.PayloadType{}, fmt.Errorf("no common %s codec: the bridge does not offer %s", m, strings.Join(preference, ", "))
}

func (t *Transport) rtpCaps(s *Sender, pt jingle.PayloadType) string {
	caps := fmt.Sprintf("application/x-rtp,media=%s,encoding-name=%s,clock-rate=%d,payload=%d,ssrc=(uint)%d",
		s.Media, strings.ToUpper(pt.Name), pt.ClockRate, pt.ID, s.ssrc)
	for _, ext := range t.describe(s.Media).HeaderExtensions {
		switch ext.URI {
		case sdp.TransportCC:
			caps += fmt.Sprintf(`,extmap-%d=(string)"%s"`, ext.ID, ext.URI)
		case sdp.AudioLevel: // direction, URI, attributes: see sdp.Offer
			caps += fmt.Sprintf(`,extmap-%d=(string)<"","%s","vad=on">`, ext.ID, ext.URI)
		}
	}
	return caps
}

func newSSRC() uint32 {
	for {
		if ssrc := rand.Uint32(); ssrc != 0 {
			return ssrc
		}
	}
}

// Sender finds the sender of a medium and index; nil where the transport has none.
func (t *Transport) Sender(m jingle.Media, index int) *Sender {
	i := slices.IndexFunc(t.senders, func(s *Sender) bool { return s.Media == m && s.Index == index })
	if i < 0 {
		return nil
	}
	return t.senders[i]
}

// Sink is the pad that takes the encoded stream.
func (s *Sender) Sink() gst.Pad { return s.elements[0].GetStaticPad("sink") }

// Source describes the stream for signalling, under a name. Its SSRC of retransmissions is known after Negotiate.
func (s *Sender) Source(name, msid string, kind jingle.VideoType) jingle.LocalSource {
	source := jingle.LocalSource{Name: name, Media: s.Media, MSID: msid, VideoType: kind, SSRCs: []uint32{s.ssrc}}
	if s.rtx != 0 {
		source.RTX = []uint32{s.rtx}
	}
	return source
}

func (s *Sender) drop() {
	for _, e := range slices.Backward(s.elements) {
		gstx.Discard(s.transport.cfg.Bin, e)
	}
}
