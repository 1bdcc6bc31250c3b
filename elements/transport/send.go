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

// Sender is one stream of ours, an SSRC: a payloader, and the capsfilter in front of a sink pad of webrtcbin. The
// capsfilter says payload type, SSRC and header extensions; webrtcbin would pick its own. It implements media.Outlet.
type Sender struct {
	Media jingle.Media
	Index int // 0: microphone or camera, 1: screen
	Layer int // of simulcast, 0: the smallest pictures

	transport *Transport
	ssrc, rtx uint32
	offered   []offered
	filter    gst.Element
	payloader gst.Element // nil before Use
	codec     string      // that the payloader is for
}

// offered is a codec that the bridge offers and that we can pay.
type offered struct {
	media.Codec
	jingle.PayloadType
}

// sendLine is an m-line of ours.
type sendLine struct {
	media        jingle.Media
	index, layer int
}

// sendLines are the m-lines that a session with these many layers of a camera has. Web clients send three sizes of a
// screen, too, but all of them switched off except the largest.
func sendLines(layers int) []sendLine {
	lines := []sendLine{{jingle.Audio, 0, 0}}
	for layer := range max(layers, 1) {
		lines = append(lines, sendLine{jingle.Video, 0, layer})
	}
	return append(lines, sendLine{jingle.Video, 1, 0})
}

// makeSenders makes the senders of all m-lines, in their order: webrtcbin counts its sink pads by m-line.
func (t *Transport) makeSenders() error {
	for _, line := range sendLines(t.cfg.Layers) {
		if err := t.makeSender(line); err != nil {
			return err
		}
	}
	return nil
}

func (t *Transport) makeSender(line sendLine) error {
	s := &Sender{Media: line.media, Index: line.index, Layer: line.layer, transport: t, ssrc: newSSRC()}
	var err error
	if s.offered, err = t.payable(line.media); err != nil {
		return err
	}
	if line.media == jingle.Audio {
		t.audioPT = s.offered[0].ID
	}
	if s.filter, err = makeElement("capsfilter", ""); err != nil {
		return err
	}
	var all []string
	for _, o := range s.offered {
		all = append(all, t.rtpCaps(s, o.PayloadType))
	}
	s.filter.SetObjectProperty("caps", gst.CapsFromString(strings.Join(all, ";")))
	if line.media == jingle.Video {
		t.pacer.Pace(s.filter.GetStaticPad("sink"), t.extensionID(line.media, sdp.AbsSendTime))
	}
	t.cfg.Bin.Add(s.filter)
	t.senders = append(t.senders, s)
	name := fmt.Sprintf("sink_%d", len(t.senders)-1)
	sink := t.webrtc.RequestPadSimple(name)
	if sink == nil {
		return fmt.Errorf("webrtcbin gives no pad %s", name)
	}
	if r := s.filter.GetStaticPad("src").Link(sink); r != gst.PadLinkOK {
		return fmt.Errorf("can't link to webrtcbin's %s: %v", name, r)
	}
	s.filter.SyncStateWithParent()
	return nil
}

// payable are the codecs of the preference that the bridge offers and GStreamer can pay.
func (t *Transport) payable(m jingle.Media) ([]offered, error) {
	preference := []string{media.Opus.Name}
	if m == jingle.Video {
		preference = t.cfg.VideoCodecs
	}
	var list []offered
	for _, name := range preference {
		codec, known := media.ByName(name)
		pt, ok := t.payloadType(m, name)
		if known && ok && gst.ElementFactoryFind(codec.Pay) != nil {
			list = append(list, offered{codec, pt})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w for %s: the bridge does not offer %s", sdp.ErrNoCommonCodec, m, strings.Join(preference, ", "))
	}
	return list, nil
}

func (t *Transport) rtpCaps(s *Sender, pt jingle.PayloadType) string {
	caps := fmt.Sprintf("application/x-rtp,media=%s,encoding-name=%s,clock-rate=%d,payload=%d,ssrc=(uint)%d",
		s.Media, strings.ToUpper(pt.Name), pt.ClockRate, pt.ID, s.ssrc)
	for _, ext := range t.describe(s.Media).HeaderExtensions {
		switch ext.URI {
		case sdp.TransportCC, sdp.AbsSendTime:
			caps += fmt.Sprintf(`,extmap-%d=(string)"%s"`, ext.ID, ext.URI)
		case sdp.AudioLevel: // direction, URI, attributes: see sdp.Offer
			caps += fmt.Sprintf(`,extmap-%d=(string)<"","%s","vad=on">`, ext.ID, ext.URI)
		}
	}
	return caps
}

// extensionID is the number of a header extension that the bridge offers, 0 where it doesn't.
func (t *Transport) extensionID(m jingle.Media, uri string) uint8 {
	for _, ext := range t.describe(m).HeaderExtensions {
		if ext.URI == uri {
			return ext.ID
		}
	}
	return 0
}

func newSSRC() uint32 {
	for {
		if ssrc := rand.Uint32(); ssrc != 0 {
			return ssrc
		}
	}
}

// SetPace says at what bitrate packets of our video may leave, in bit/s; 0: no limit. Frames are spread over time accordingly.
func (t *Transport) SetPace(bitrate int) { t.pacer.SetRate(bitrate) }

// Drop implements media.Outlet.
func (s *Sender) Drop(on bool) {
	if s.Media == jingle.Video {
		s.transport.pacer.Drop(s.filter.GetStaticPad("sink"), on)
	}
}

// Hurry implements media.Outlet.
func (s *Sender) Hurry(queue gst.Element) {
	if s.Media == jingle.Video {
		s.transport.pacer.Hurry(s.filter.GetStaticPad("sink"), queue)
	}
}

// Skip implements media.Outlet.
func (s *Sender) Skip() {
	if s.Media == jingle.Video && s.payloader != nil {
		s.transport.pacer.Skip(s.filter.GetStaticPad("sink"), s.payloader.GetStaticPad("sink"))
	}
}

// Senders finds the senders of a medium and index, by layer; none where the transport sends nothing.
func (t *Transport) Senders(m jingle.Media, index int) []*Sender {
	return slices.DeleteFunc(slices.Clone(t.senders), func(s *Sender) bool { return s.Media != m || s.Index != index })
}

// Codecs are what the bridge takes here, in order of preference.
func (s *Sender) Codecs() []media.Codec {
	var list []media.Codec
	for _, o := range s.offered {
		list = append(list, o.Codec)
	}
	return list
}

// Use puts the payloader for a codec in place and returns the pad that takes the encoded stream. Nothing may flow.
func (s *Sender) Use(codec media.Codec) (gst.Pad, error) {
	i := slices.IndexFunc(s.offered, func(o offered) bool { return o.Name() == codec.Name })
	if i < 0 {
		return nil, fmt.Errorf("the bridge does not offer %s", codec.Name)
	}
	if s.codec == codec.Name {
		return s.payloader.GetStaticPad("sink"), nil
	}
	pay, err := makeElement(codec.Pay, "")
	if err != nil {
		return nil, err
	}
	configurePayloader(pay, codec)
	if s.payloader != nil {
		continueNumbers(pay, s.payloader)
		gstx.Discard(s.transport.cfg.Bin, s.payloader)
	}
	s.payloader, s.codec = pay, codec.Name
	s.filter.SetObjectProperty("caps", gst.CapsFromString(s.transport.rtpCaps(s, s.offered[i].PayloadType)))
	s.transport.cfg.Bin.Add(pay)
	if !pay.Link(s.filter) {
		return nil, fmt.Errorf("%s does not link to capsfilter", codec.Pay)
	}
	pay.SyncStateWithParent()
	return pay.GetStaticPad("sink"), nil
}

// Name is the codec's.
func (o offered) Name() string { return o.Codec.Name }

func configurePayloader(pay gst.Element, codec media.Codec) {
	switch codec.Name {
	case "vp8", "vp9":
		gstx.SetFromString(pay, "picture-id-mode", "15-bit")
	case "h264":
		gstx.SetFromString(pay, "aggregate-mode", "zero-latency")
	}
}

// continueNumbers lets the packets of another codec follow those of the last one: SRTP takes a jump backwards for a
// replay.
func continueNumbers(pay, last gst.Element) {
	if seqnum, ok := last.ObjectProperty("seqnum").(uint32); ok {
		pay.SetObjectProperty("seqnum-offset", int32(uint16(seqnum+1)))
	}
}

// Describe says for signalling what senders of one source send, under a name. The SSRCs of retransmissions are known
// after Negotiate.
func Describe(senders []*Sender, name, msid string, kind jingle.VideoType) jingle.LocalSource {
	source := jingle.LocalSource{Name: name, Media: senders[0].Media, MSID: msid, VideoType: kind}
	for _, s := range senders {
		source.SSRCs = append(source.SSRCs, s.ssrc)
		if s.rtx != 0 {
			source.RTX = append(source.RTX, s.rtx)
		}
	}
	return source
}

func (s *Sender) drop() {
	if s.payloader != nil {
		gstx.Discard(s.transport.cfg.Bin, s.payloader)
	}
	gstx.Discard(s.transport.cfg.Bin, s.filter)
}
