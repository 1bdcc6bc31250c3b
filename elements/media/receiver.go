package media

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// Receiver takes one source's RTP from a tee to an application's pad: it takes the codec out of RTP and, where the
// peer wants raw media, decodes.
type Receiver struct {
	bin      gst.Bin
	codec    Codec
	tee      gst.Element
	teePad   gst.Pad
	shield   gst.Pad // what goes wrong behind it ends there
	elements []gst.Element
}

// Form is how a source's media is given out.
type Form int

// The forms: as the codec makes it, decoded, or still in RTP. Fixed is encoded, too, with what a decoder must know beforehand in the
// caps, where a change of it can be seen.
const (
	Encoded Form = iota
	Fixed
	Raw
	RTP
)

// FormFor is the form that a peer takes of a codec: encoded if it can, or takes anything.
func FormFor(peer *gst.Caps, codec Codec) Form {
	takes := func(caps string) bool { return peer != nil && peer.CanIntersect(gst.CapsFromString(caps)) }
	switch {
	case peer != nil && peer.IsAny() || takes(codec.Caps):
		return Encoded
	case !takes(codec.Raw) && takes(codec.RTPCaps()):
		return RTP
	}
	return Raw
}

// NewReceiver builds the chain behind a tee; Output is its end. Nothing flows before Start. A queued one may be slow
// without holding up the others behind the same tee: what it is late with is dropped.
func NewReceiver(bin gst.Bin, tee gst.Element, codec Codec, form Form, queued bool) (*Receiver, error) {
	factories, err := factoriesFor(codec, form)
	if err != nil {
		return nil, err
	}
	r := &Receiver{bin: bin, codec: codec, tee: tee}
	elements, err := makeChain(bin, factories)
	if err != nil {
		return nil, err
	}
	r.elements = elements
	r.configure(codec, form)
	if queued {
		if err := r.addQueue(); err != nil {
			removeChain(bin, r.elements)
			return nil, err
		}
	}
	r.dropEOS()
	return r, nil
}

func factoriesFor(codec Codec, form Form) ([]string, error) {
	if form == RTP {
		return []string{"identity"}, nil
	}
	factories := []string{codec.Depay}
	if codec.DepayCaps != "" {
		factories = append(factories, "capsfilter")
	}
	if codec.Parse != "" {
		factories = append(factories, codec.Parse)
	}
	if codec.Name == Opus.Name && form != Raw {
		factories = append(factories, "capssetter")
	}
	if form == Fixed && codec.FixedCaps != "" {
		factories = append(factories, "capsfilter")
	}
	if form == Raw {
		decoder, err := decoderFor(codec)
		if err != nil {
			return nil, err
		}
		factories = append(factories, decoder)
		factories = append(factories, converters(codec)...)
	}
	return factories, nil
}

func converters(codec Codec) []string {
	if codec.Media == "audio" {
		return []string{"audioconvert", "audioresample"}
	}
	return []string{"videoconvert"}
}

// configure keeps errors of what follows from travelling up to the socket, which would end all reception, and makes
// a video start with a key frame.
func (r *Receiver) configure(codec Codec, form Form) {
	depayloader := r.elements[0]
	r.shield = depayloader.GetStaticPad("sink")
	gstx.ShieldErrors(r.shield)
	if codec.DepayCaps != "" && form != RTP {
		r.elements[1].SetObjectProperty("caps", gst.CapsFromString(codec.DepayCaps))
	}
	if codec.FixedCaps != "" && form == Fixed {
		r.elements[len(r.elements)-1].SetObjectProperty("caps", gst.CapsFromString(codec.FixedCaps))
	}
	for _, e := range r.elements {
		if form == Encoded && gstx.HasProperty(e, "config-interval") {
			e.SetObjectProperty("config-interval", int32(eachKeyFrame))
		}
		if e.GetFactory().GetName() == "capssetter" { // the depayloader does not tell the rate, without which webmmux and mp4mux refuse it
			e.SetObjectProperty("caps", gst.CapsFromString(codec.Caps+",rate=48000"))
		}
		if gstx.HasProperty(e, "plc") { // lost audio is concealed, not left out
			e.SetObjectProperty("plc", true)
		}
	}
	for _, property := range []string{"wait-for-keyframe", "request-keyframe"} {
		if gstx.HasProperty(depayloader, property) {
			depayloader.SetObjectProperty(property, true)
		}
	}
}

// eachKeyFrame lets a parser repeat the parameter sets in front of each key frame: where a muxer keeps those of the beginning, others can be told
// nowhere else.
const eachKeyFrame = -1

// queueLimit is how late a queued receiver may be.
const queueLimit = 2 * time.Second

func (r *Receiver) addQueue() error {
	queue, err := makeChain(r.bin, []string{"queue"})
	if err != nil {
		return err
	}
	for property, value := range map[string]string{
		"leaky": "downstream", "max-size-buffers": "0", "max-size-bytes": "0", "max-size-time": fmt.Sprint(queueLimit.Nanoseconds()),
	} {
		gstx.SetFromString(queue[0], property, value)
	}
	depayloader := r.elements[0]
	r.elements = append(queue, r.elements...)
	if !queue[0].Link(depayloader) {
		return fmt.Errorf("queue does not link to %s", depayloader.GetName())
	}
	return nil
}

// UseFEC says whether lost audio is restored from the copy in the packet after it (RFC 6716, 2.1.7); else it is only
// concealed. It does nothing where nothing is decoded. Call it before Start.
func (r *Receiver) UseFEC(on bool) {
	for _, e := range r.elements {
		if gstx.HasProperty(e, "use-inband-fec") {
			e.SetObjectProperty("use-inband-fec", on)
		}
	}
}

// dropEOS keeps the end of one source from ending the application's pad, which outlives it.
func (r *Receiver) dropEOS() {
	r.Output().AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if event := info.GetEvent(); event != nil && event.GetType() == gst.EventEOS {
			return gst.PadProbeDrop
		}
		return gst.PadProbeOK
	})
}

// Output is the pad at the end.
func (r *Receiver) Output() gst.Pad { return r.elements[len(r.elements)-1].GetStaticPad("src") }

// Refused says whether media was refused for its caps before it came to the end of the chain, and what these were as far as it
// came.
func (r *Receiver) Refused() (caps *gst.Caps, refused bool) {
	if !gstx.HasRefused(r.shield) {
		return nil, false
	}
	for _, e := range slices.Backward(r.elements) {
		if caps := e.GetStaticPad("src").GetCurrentCaps(); caps != nil {
			return caps, true
		}
	}
	return nil, true
}

// Start links the chain to the tee; link Output first.
func (r *Receiver) Start() error {
	for _, e := range slices.Backward(r.elements) {
		e.SyncStateWithParent()
	}
	r.teePad = r.tee.RequestPadSimple("src_%u")
	if r.teePad == nil {
		return fmt.Errorf("tee %s gives no pad", r.tee.GetName())
	}
	gstx.OnlyEncoding(r.teePad, r.codec.Name)
	if ret := r.teePad.Link(r.elements[0].GetStaticPad("sink")); ret != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to %s: %v", r.tee.GetName(), r.elements[0].GetName(), ret)
	}
	return nil
}

// Stop takes the chain off the tee at once: no new data enters it.
func (r *Receiver) Stop() {
	if r.teePad == nil {
		return
	}
	r.teePad.Unlink(r.elements[0].GetStaticPad("sink"))
	r.tee.ReleaseRequestPad(r.teePad)
	r.teePad = nil
}

// Close takes the chain out of the bin, after Stop. It may wait for a streaming thread inside the application.
func (r *Receiver) Close() { removeChain(r.bin, r.elements) }
