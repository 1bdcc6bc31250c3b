package media

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/sdp"
)

// Outlet is a transport's way for one encoded stream.
type Outlet interface {
	// Codecs are what the transport takes here, in order of preference.
	Codecs() []Codec
	// Use readies the outlet for one of its codecs and returns the pad that takes it.
	Use(Codec) (gst.Pad, error)
	// Drop discards what is on its way out, and whatever comes, until it is told otherwise.
	Drop(bool)
	// Skip discards the same, until a key frame comes.
	Skip()
	// Hurry does not let frames wait for long in a queue, whatever bitrate the network is thought to carry; nil: it does.
	Hurry(queue gst.Element)
}

// SenderOptions say how a sender treats what it gets.
type SenderOptions struct {
	Sync   bool // pace it by its timestamps
	Layers int  // most sizes in which raw video is sent
	Stereo bool // encode raw audio with two channels instead of one
}

// Sender takes an application's stream to the transport: it paces it by its timestamps, drops it while nobody is there,
// and encodes raw media, video in several sizes. It outlives transports.
type Sender struct {
	bin     gst.Bin
	options SenderOptions
	pacer   gst.Element // clocksync
	valve   gst.Element

	mu       sync.Mutex // guards what follows: caps come on the application's thread, transports on ours
	format   format
	pictures int   // their height
	codec    Codec // that goes out
	chain    []gst.Element
	layers   []*layer
	outlets  []Outlet // of the transport, none while there is none
	used     int      // how many of the outlets

	open, muted bool
	height      int // greatest that anybody wants; 0: nobody watches
	bitrate     int // that the network carries, bit/s; 0: unknown
	most        int // that the user allows, bit/s; 0: what is useful
}

// AnyHeight is more than any picture has.
const AnyHeight = 1 << 15

// NewSender makes the fixed part of the chain.
func NewSender(bin gst.Bin, options SenderOptions) (*Sender, error) {
	elements, err := makeChain(bin, []string{"clocksync", "valve"})
	if err != nil {
		return nil, err
	}
	s := &Sender{bin: bin, options: options, pacer: elements[0], valve: elements[1], height: AnyHeight}
	gstx.ShieldShutdown(s.valve.GetStaticPad("sink")) // a transport that goes would stop the application's source
	s.pacer.SetObjectProperty("sync", options.Sync)
	s.valve.SetObjectProperty("drop", true)
	s.valve.SyncStateWithParent()
	s.pacer.SyncStateWithParent()
	return s, nil
}

// Configure changes the options; they count from the next Connect on.
func (s *Sender) Configure(options SenderOptions) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options = options
	s.pacer.SetObjectProperty("sync", options.Sync)
}

// Input is the pad for the application's data.
func (s *Sender) Input() gst.Pad { return s.pacer.GetStaticPad("sink") }

// Shift moves the timestamps of what comes in from now on.
func (s *Sender) Shift(offset gst.ClockTime) {
	if peer := s.Input().GetPeer(); peer != nil {
		peer.SetOffset(int64(offset)) // of the ghost pad's inner half: a source pad sends its segment anew
	}
}

// SetCaps prepares the chain for a stream with these caps; call it before the caps go in.
func (s *Sender) SetCaps(caps *gst.Caps) error {
	f, err := parseFormat(caps)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pictures = heightOf(caps)
	if f == s.format {
		return nil
	}
	s.format = f
	return s.rebuild()
}

// Connect links the chain to a transport's outlets, the one for the smallest pictures first.
func (s *Sender) Connect(outlets []Outlet) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outlets = outlets
	return s.rebuild()
}

// Used is how many of the outlets are used, or may be with pictures of another size: none before there are caps.
func (s *Sender) Used() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// Codec is the encoding name of what goes out; empty before there are caps.
func (s *Sender) Codec() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.codec.Name
}

// Height is that of the pictures that come in; 0 where the caps don't say.
func (s *Sender) Height() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pictures
}

// Disconnect closes the valve and unlinks the transport. A buffer that is behind the valve comes to nothing.
func (s *Sender) Disconnect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = false
	s.apply()
	s.discard()
	s.unlink()
	s.outlets, s.used = nil, 0
}

// discard lets nobody wait for pictures that are still to be sent: each of them is spread over time.
func (s *Sender) discard() {
	for _, o := range s.outlets {
		o.Drop(true)
	}
}

// Open lets the data through to the transport, beginning with a key frame.
func (s *Sender) Open() { s.change(func() { s.open = true }) }

// SetMuted stops the stream or lets it go on, beginning with a key frame.
func (s *Sender) SetMuted(muted bool) { s.change(func() { s.muted = muted }) }

// SetHeight says how high pictures anybody wants: nothing larger is encoded, and nothing at all for 0.
func (s *Sender) SetHeight(height int) { s.change(func() { s.height = height }) }

// SetBitrate says what the network carries of this stream, and what the user allows (0: what is useful), in bit/s.
func (s *Sender) SetBitrate(bitrate, most int) {
	s.change(func() { s.bitrate, s.most = bitrate, most })
}

func (s *Sender) change(f func()) {
	s.mu.Lock()
	f()
	begins := s.apply()
	s.mu.Unlock()
	if begins { // outside of the lock: it may run the application's code
		s.pacer.GetStaticPad("src").SendEvent(NewKeyFrameRequest())
	}
}

// apply brings the valves and the encoders in line with what is wanted and possible. It is true where the application's
// encoder has to begin anew; ours are asked layer by layer.
func (s *Sender) apply() bool {
	flowing := s.open && !s.muted && s.height > 0
	s.turnLayers(flowing)
	if closed, _ := s.valve.ObjectProperty("drop").(bool); closed == !flowing {
		return false
	}
	s.valve.SetObjectProperty("drop", !flowing)
	return flowing && len(s.layers) == 0
}

// watched are the heights of the layers that somebody wants.
func (s *Sender) watched() []int {
	var heights []int
	below := 0
	for _, l := range s.layers {
		if s.height <= below {
			break
		}
		heights = append(heights, l.size.height)
		below = l.size.height
	}
	return heights
}

func (s *Sender) turnLayers(flowing bool) {
	heights := s.watched()
	bitrate := s.bitrate
	if bitrate == 0 {
		bitrate = s.useful(heights)
	}
	on := 0
	for _, l := range s.layers {
		if l.on {
			on++
		}
	}
	parts := share(heights, bitrate, s.most, on)
	var highest *layer
	dropped := false
	for i, l := range s.layers {
		on := flowing && i < len(parts) && parts[i] > 0
		switch {
		case on:
			highest = l
			if !l.on {
				s.outlets[i].Drop(false)
			}
		case flowing && l.on && i < len(parts): // what it has still to send would be in the way
			dropped = true
			s.outlets[i].Drop(true)
		}
		if on {
			if l.beginAnew(parts[i], time.Now()) {
				s.outlets[i].Skip()
				l.requestKeyFrame()
			}
			l.setBitrate(parts[i])
		}
		if on != l.on {
			gstx.Log.Logf(gst.LevelDebug, s.bin, "pictures of height %d are sent: %v", l.size.height, on)
		}
		l.turn(on)
	}
	// The bridge notices after seconds that a layer has ended, but with the first key frame that one may take its place.
	if dropped && highest != nil {
		highest.requestKeyFrame()
	}
}

func (s *Sender) useful(heights []int) int {
	sum := 0
	for _, height := range heights {
		sum += usefulBitrate(height)
	}
	if s.most > 0 {
		return min(sum, s.most)
	}
	return sum
}

// WantedBitrate is what the stream would take now if the network carried it, in bit/s; 0 where it isn't ours to choose.
func (s *Sender) WantedBitrate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.open || s.muted {
		return 0
	}
	return s.useful(s.watched())
}

// UsefulBitrate is what the stream can take at most, whoever watches, in bit/s; 0 where it isn't ours to choose.
func (s *Sender) UsefulBitrate() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	var heights []int
	for _, l := range s.layers {
		heights = append(heights, l.size.height)
	}
	return max(s.useful(heights), s.most*min(len(heights), 1))
}

// NewKeyFrameRequest makes the event that asks an encoder, or the sender of a stream, for a key frame.
func NewKeyFrameRequest() *gst.Event {
	st := gst.NewStructureEmpty("GstForceKeyUnit")
	gstx.SetField(st, "all-headers", true)
	return gst.NewEventCustom(gst.EventCustomUpstream, st)
}

// Interrupt lets go of a buffer that waits for its time. Nothing gets through afterwards.
func (s *Sender) Interrupt() {
	s.pacer.SetLockedState(true)
	s.pacer.SetState(gst.StateReady)
}

// Close takes the chain out of the bin.
func (s *Sender) Close() {
	s.Disconnect()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.removeCoding()
	removeChain(s.bin, []gst.Element{s.pacer, s.valve})
}

// rebuild makes what stands between the valve and the transport. Nothing flows there: either the caps come right now
// on the only thread that feeds it, or the valve is closed and the last transport gone.
func (s *Sender) rebuild() error {
	s.removeCoding()
	s.used, s.codec = 0, Codec{}
	if len(s.outlets) == 0 || s.format.name == "" {
		return nil
	}
	codec, raw, err := s.choose()
	if err != nil {
		return err
	}
	s.codec, s.used = codec, 1
	s.outlets[0].Hurry(nil)
	switch {
	case !raw:
		err = s.makePassing()
	case codec.Media == "audio":
		err = s.makeAudioEncoder()
	default:
		err = s.makeLayers()
	}
	if err != nil {
		s.removeCoding()
		s.used = 0
		return err
	}
	s.apply()
	return nil
}

// choose finds the codec for the stream: its own, or the first that we can encode raw media to.
func (s *Sender) choose() (codec Codec, raw bool, err error) {
	codecs := s.outlets[0].Codecs()
	var names []string
	for _, c := range codecs {
		if s.format.is(c) {
			return c, false, nil
		}
		names = append(names, c.Caps)
	}
	err = fmt.Errorf("%w: the conference takes %s here, the stream is %s", sdp.ErrNoCommonCodec, strings.Join(names, ", "), s.format)
	for _, c := range codecs {
		if s.format.name != c.Raw {
			continue
		}
		if CanEncode(c) {
			return c, true, nil
		}
		err = &MissingElementError{Purpose: "encoder for " + strings.Join(names, ", "), Encodes: codecs[0].Caps}
	}
	return Codec{}, false, err
}

// makePassing lets an encoded stream pass as it is. The application's encoder must not wait either while frames are spread over time:
// with one after the other it falls behind the clock, more and more, and so does what everybody receives.
func (s *Sender) makePassing() error {
	factories := s.format.passing(s.codec)
	if s.codec.Media == "video" {
		factories = append(factories, "queue")
	}
	chain, err := makeChain(s.bin, factories)
	if err != nil {
		return err
	}
	s.chain = chain
	if i := slices.Index(factories, "h264parse"); i >= 0 {
		gstx.SetFromString(chain[i], "config-interval", "-1") // with each key frame: receivers come at any time
	}
	last := chain[len(chain)-1] // there is a queue or a parser
	if s.codec.Media == "audio" {
		gstx.GuessOpusLevel(last.GetStaticPad("src"))
	} else {
		limitQueue(last, 0, mostWaitingBytes, mostWaiting)
		s.outlets[0].Drop(false)
		if s.options.Sync { // else what comes has no pace of its own, and nothing but the network's would hold it back
			s.outlets[0].Hurry(last)
		}
	}
	return s.join(chain, s.outlets[0])
}

func (s *Sender) makeAudioEncoder() error {
	chain, err := newAudioEncoder(s.bin, s.options.Stereo)
	if err != nil {
		return err
	}
	s.chain = chain
	return s.join(chain, s.outlets[0])
}

// join links the valve, a chain and an outlet, and starts the chain.
func (s *Sender) join(chain []gst.Element, outlet Outlet) error {
	sink, err := outlet.Use(s.codec)
	if err != nil {
		return err
	}
	out := s.valve.GetStaticPad("src")
	if n := len(chain); n > 0 {
		start(chain)
		if r := out.Link(chain[0].GetStaticPad("sink")); r != gst.PadLinkOK {
			return fmt.Errorf("can't link %s to %s: %v", s.format, chain[0].GetFactory().GetName(), r)
		}
		out = chain[n-1].GetStaticPad("src")
	}
	if r := out.Link(sink); r != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to the payloader: %v", s.format, r)
	}
	return nil
}

func start(chain []gst.Element) {
	for _, e := range slices.Backward(chain) {
		e.SyncStateWithParent()
	}
}

// pictures are what every decoder of a conversation takes. Left alone, vp9enc takes the best there is and makes profile 3 of it,
// with twelve bits, which browsers show in wrong colours.
const pictures = "video/x-raw,format={I420,NV12}"

// makeLayers encodes raw video in one or more sizes. All that the pictures could have are counted as used: a picture's
// size may change, what is announced doesn't.
func (s *Sender) makeLayers() error {
	most := 1
	if s.codec.Simulcast {
		most = max(1, min(s.options.Layers, len(s.outlets)))
	}
	chain, err := makeChain(s.bin, []string{"videoconvert", "capsfilter", "tee"})
	if err != nil {
		return err
	}
	chain[1].SetObjectProperty("caps", gst.CapsFromString(pictures))
	s.chain = chain
	sizes := layerSizes(s.format.size, most)
	for i, sz := range sizes {
		if err := s.addLayer(i, sz, sz != s.format.size, most > 1); err != nil {
			return err
		}
	}
	s.fanOut()
	s.used = most
	start(chain)
	if r := s.valve.GetStaticPad("src").Link(chain[0].GetStaticPad("sink")); r != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to videoconvert: %v", s.format, r)
	}
	return nil
}

func (s *Sender) addLayer(i int, sz size, scale, temporal bool) error {
	sink, err := s.outlets[i].Use(s.codec)
	if err != nil {
		return err
	}
	l, err := newLayer(s.bin, s.codec, sz, scale, s.options.Sync, temporal)
	if err != nil {
		return err
	}
	s.layers = append(s.layers, l)
	if r := l.output().Link(sink); r != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to the payloader: %v", l.encoder.factory, r)
	}
	start(l.elements)
	tee := s.chain[len(s.chain)-1]
	branch := tee.RequestPadSimple("src_%u")
	if branch == nil {
		return fmt.Errorf("tee gives no pad")
	}
	if r := branch.Link(l.input()); r != gst.PadLinkOK {
		return fmt.Errorf("can't link tee to valve: %v", r)
	}
	return nil
}

// fanOut makes a key frame of every layer when one of the first is asked for: the bridge asks for that alone, whichever
// layer it is to switch to.
func (s *Sender) fanOut() {
	if len(s.layers) < 2 {
		return
	}
	others := slices.Clone(s.layers[1:])
	s.layers[0].output().AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		defer gstx.Recover(s.bin, "key frame request")
		if event := info.GetEvent(); event != nil && isForceKeyUnit(event) {
			for _, l := range others {
				l.requestKeyFrame()
			}
		}
		return gst.PadProbeOK
	})
}

func isForceKeyUnit(event *gst.Event) bool {
	st := event.GetStructure()
	return event.GetType() == gst.EventCustomUpstream && st != nil && st.GetName() == "GstForceKeyUnit"
}

// unlink takes the chain off the transport.
func (s *Sender) unlink() {
	outputs := []gst.Pad{s.valve.GetStaticPad("src")}
	if n := len(s.chain); n > 0 && len(s.layers) == 0 {
		hush(s.chain)
		outputs[0] = s.chain[n-1].GetStaticPad("src")
	}
	for _, l := range s.layers {
		hush(l.elements)
		outputs = append(outputs, l.output())
	}
	for _, out := range outputs {
		if peer := out.GetPeer(); peer != nil {
			out.Unlink(peer)
		}
	}
}

func (s *Sender) removeCoding() {
	s.discard()
	s.unlink()
	out := s.valve.GetStaticPad("src")
	if peer := out.GetPeer(); peer != nil {
		out.Unlink(peer)
	}
	for _, l := range s.layers {
		removeChain(s.bin, l.elements)
	}
	removeChain(s.bin, s.chain)
	s.layers, s.chain = nil, nil
}
