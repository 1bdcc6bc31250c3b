package transport

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// receiveSession is rtpbin's session for everything: all media is bundled.
const receiveSession = uint32(0)

// AddSource lets a source's packets in. Its Stream comes when they do.
func (t *Transport) AddSource(source jingle.Source) {
	t.mu.Lock()
	t.sources[source.SSRC] = source
	stream := t.streams[source.SSRC]
	admitted := t.clearing[source.SSRC] == 0
	came := admitted && stream != nil && !stream.known // for the one who had the SSRC before
	if came {
		stream.Source, stream.known = source, true
	}
	if admitted {
		t.ssrcs.Set(source.SSRC, source.Endpoint)
	}
	t.gone[source.Endpoint] = slices.DeleteFunc(t.gone[source.Endpoint], func(o jingle.Source) bool { return o.SSRC == source.SSRC })
	t.mu.Unlock()
	t.keys.Keep(source.SSRC)
	t.keys.Keep(source.RTX)
	t.updateRTXMap()
	if came {
		stream.hold()
		t.announce(stream)
	}
}

// RemoveSource takes a source's stream and everything that webrtcbin keeps for it away. It may wait for a streaming
// thread that is inside the application's pipeline, so the work is done on a goroutine of its own, which wait ends.
func (t *Transport) RemoveSource(ssrc uint32, wait *sync.WaitGroup) {
	t.ssrcs.Remove(ssrc)
	t.mu.Lock()
	stream := t.streams[ssrc]
	if source, known := t.sources[ssrc]; known && !source.Rewritten {
		t.gone[source.Endpoint] = append(t.gone[source.Endpoint], source)
	}
	delete(t.streams, ssrc)
	delete(t.sources, ssrc)
	t.clearing[ssrc]++
	t.mu.Unlock()
	t.updateRTXMap()
	t.clears.Add(1) // Close waits for it
	wait.Go(func() {
		defer t.clears.Done()
		defer t.cleared(ssrc)
		t.recovering("remove source", func() { t.clear(ssrc, stream) })
	})
}

// cleared lets the packets in of a source that came back under its SSRC meanwhile: the demultiplexer would have made their pads beside the
// old ones, under the same names.
func (t *Transport) cleared(ssrc uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.clearing[ssrc]--; t.clearing[ssrc] > 0 {
		return
	}
	delete(t.clearing, ssrc)
	if source, back := t.sources[ssrc]; back {
		t.ssrcs.Set(ssrc, source.Endpoint)
	}
}

// Forget lets go of the keys for the sources of a participant who has left for good, and whose sources have been removed.
func (t *Transport) Forget(endpoint string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, source := range t.gone[endpoint] {
		if _, back := t.sources[source.SSRC]; back { // somebody else's
			continue
		}
		t.keys.Forget(source.SSRC)
		if source.RTX != 0 {
			t.keys.Forget(source.RTX)
		}
	}
	delete(t.gone, endpoint)
}

// filterSSRCs lets the packets of known sources alone into a demultiplexer: late ones, and reports, would bring back the pads of those who
// left, and the bridge's probing would get some.
func (t *Transport) filterSSRCs(demux gst.Element) {
	media, control := demux.GetStaticPad("sink"), demux.GetStaticPad("rtcp_sink")
	t.ssrcs.Filter(media)
	t.ssrcs.FilterControl(control)
	t.mu.Lock()
	t.demuxed = []gst.Pad{media, control}
	t.mu.Unlock()
}

// awaitDemuxed waits for packets that came through the filter just before their source was taken out of the table: the demultiplexer would make
// pads again for an SSRC that is being cleared (1.22).
func (t *Transport) awaitDemuxed() {
	t.mu.Lock()
	pads := t.demuxed
	t.mu.Unlock()
	var sources []gst.Pad
	for _, pad := range pads {
		if peer := pad.GetPeer(); peer != nil {
			sources = append(sources, peer)
		}
	}
	t.awaitIdle(sources)
}

// clear removes what rtpbin has for an SSRC, a jitter buffer with two threads, whether a stream came out of it yet or not.
func (t *Transport) clear(ssrc uint32, s *Stream) {
	if s != nil {
		s.Release()
		s.awaitReturn()
	}
	t.awaitDemuxed()
	t.rtpbin.Emit("clear-ssrc", receiveSession, ssrc)
	if s == nil {
		s = t.takeStray(ssrc)
	}
	if s == nil {
		return
	}
	t.mu.Lock()
	pads := s.pads // all that there will be
	t.mu.Unlock()
	for _, pad := range pads {
		pad.SetActive(false)
		t.webrtc.RemovePad(pad)
	}
	s.drop()
	t.logf(gst.LevelDebug, "removed the stream of %s, SSRC %d", s.Source.Name, ssrc)
}

// takeStray takes the stream of a source that was gone before its pad came.
func (t *Transport) takeStray(ssrc uint32) *Stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.streams[ssrc]
	delete(t.streams, ssrc)
	return s
}

// updateRTXMap tells the retransmission receiver which SSRC repeats which; by itself it finds out with the first
// retransmission only, by luck.
func (t *Transport) updateRTXMap() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rtx == nil {
		return
	}
	ssrcs := gst.NewStructureEmpty("application/x-rtp-ssrc-map")
	for _, s := range t.sources {
		if s.RTX != 0 {
			gstx.SetField(ssrcs, fmt.Sprint(s.SSRC), s.RTX)
		}
	}
	t.rtx.SetObjectProperty("ssrc-map", ssrcs)
}

// Stream is the RTP of one source, coming out of the request pads of Tee. It is held until Release, on a thread that
// belongs to this source alone.
type Stream struct {
	Source jingle.Source
	Codec  string // lower-case encoding name; the owner's, who changes it when Events.Codec says so
	Tee    gst.Element

	transport *Transport
	funnel    gst.Element
	pads      []gst.Pad // webrtcbin's, one for each payload type that has come; guarded by Transport.mu
	limit     *requestLimiter
	watch     uint32 // probe that follows the codec
	known     bool   // the source is; guarded by Transport.mu

	mu    sync.Mutex // guards block
	block uint32     // probe that holds the data; 0: it flows
}

// newStream makes what stands behind webrtcbin's pads of one SSRC. A sender that changes its codec changes the payload
// type, for which webrtcbin makes another pad; the funnel puts them together again.
func (t *Transport) newStream(ssrc uint32, codec string) (*Stream, error) {
	funnel, err := makeElement("funnel", "")
	if err != nil {
		return nil, err
	}
	tee, err := makeElement("tee", "")
	if err != nil {
		return nil, err
	}
	tee.SetObjectProperty("allow-not-linked", true)
	t.cfg.Bin.AddMany(funnel, tee)
	funnel.Link(tee)
	tee.SyncStateWithParent()
	funnel.SyncStateWithParent()
	s := &Stream{Codec: codec, Tee: tee, transport: t, funnel: funnel}
	s.hold()
	s.limit = t.limitKeyFrameRequests(s.output(), ssrc)
	s.watch = s.watchCodec(codec)
	return s, nil
}

func (s *Stream) output() gst.Pad { return s.funnel.GetStaticPad("src") }

// watchCodec tells of each change, and holds the data from there on: it begins with a key frame.
func (s *Stream) watchCodec(codec string) uint32 {
	return s.Tee.GetStaticPad("sink").AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		s.transport.recovering("codec", func() {
			event := info.GetEvent()
			if event == nil || event.GetType() != gst.EventCaps {
				return
			}
			if now := encodingName(event.ParseCaps()); now != codec {
				codec = now
				s.transport.codecChanged(s, now)
			}
		})
		return gst.PadProbeOK
	})
}

func (t *Transport) codecChanged(s *Stream, codec string) {
	t.mu.Lock()
	current := t.streams[s.Source.SSRC] == s && !t.closed
	if current {
		s.hold()
	}
	t.mu.Unlock()
	if current {
		t.logf(gst.LevelInfo, "%s, SSRC %d, is %s now", s.Source.Name, s.Source.SSRC, codec)
		t.cfg.Events.Codec(s, codec)
	}
}

func (s *Stream) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.block == 0 {
		s.block = s.output().AddProbe(gst.PadProbeTypeBlockDownstream, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
			return gst.PadProbeOK
		})
	}
}

// Release lets the data flow.
func (s *Stream) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.block != 0 {
		s.output().RemoveProbe(s.block)
		s.block = 0
	}
}

// awaitReturn waits for the streaming thread to come back from what is behind us, where an application that pauses holds it.
// rtpbin shuts the jitter buffer down in its place, and the pipeline's way to PAUSED, by which the thread would be let go, would wait for that.
func (s *Stream) awaitReturn() {
	<-whenIdle(s.output())
}

// whenIdle gives a channel that is closed as soon as no thread is pushing through the pad.
func whenIdle(pad gst.Pad) <-chan struct{} {
	idle := make(chan struct{})
	var once sync.Once
	pad.AddProbe(gst.PadProbeTypeIdle, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		once.Do(func() { close(idle) })
		return gst.PadProbeRemove
	})
	return idle
}

// RequestKeyFrame asks the source for a key frame, unless it was asked too often already.
func (s *Stream) RequestKeyFrame() {
	s.output().SendEvent(media.NewKeyFrameRequest())
}

// onPad takes a new pad of webrtcbin. It is linked at once: a pad that is not linked sends an error up to the socket,
// which ends all reception.
func (t *Transport) onPad(pad gst.Pad) {
	if pad.GetDirection() != gst.PadSrc {
		return
	}
	ssrc, err := padSSRC(pad)
	if err != nil {
		t.logf(gst.LevelWarning, "%v", err)
		return
	}
	t.mu.Lock()
	s := t.streams[ssrc]
	if s != nil {
		s.pads = append(s.pads, pad)
	}
	t.mu.Unlock()
	if s != nil { // another payload type
		s.link(pad)
		return
	}
	t.addStream(pad, ssrc)
}

func (s *Stream) link(pad gst.Pad) {
	sink := s.funnel.RequestPadSimple("sink_%u")
	if sink == nil || pad.Link(sink) != gst.PadLinkOK {
		s.transport.logf(gst.LevelWarning, "can't link %s of SSRC %d", pad.GetName(), s.Source.SSRC)
	}
}

func (t *Transport) addStream(pad gst.Pad, ssrc uint32) {
	s, err := t.newStream(ssrc, encodingName(pad.GetCurrentCaps()))
	if err != nil {
		t.cfg.Events.Failed(err)
		return
	}
	s.pads = []gst.Pad{pad}
	s.link(pad)
	t.mu.Lock()
	source, known := t.sources[ssrc]
	s.Source, s.known = source, known && !t.closed && t.clearing[ssrc] == 0
	t.streams[ssrc] = s
	known = s.known
	t.mu.Unlock()
	if !known {
		t.logf(gst.LevelDebug, "pad of SSRC %d that left meanwhile", ssrc)
		s.Release()
		return
	}
	t.announce(s)
}

func (t *Transport) announce(s *Stream) {
	t.logf(gst.LevelDebug, "stream of %s, SSRC %d, %s", s.Source.Name, s.Source.SSRC, s.Codec)
	t.cfg.Events.Stream(s)
}

// drop takes our elements out of the bin. The probes hold the transport, and with it the pads: only we can undo that.
func (s *Stream) drop() {
	s.Release()
	s.limit.end()
	s.Tee.GetStaticPad("sink").RemoveProbe(s.watch)
	gstx.Discard(s.transport.cfg.Bin, s.funnel)
	gstx.Discard(s.transport.cfg.Bin, s.Tee)
}

// padSSRC reads the SSRC off the name of rtpbin's pad, recv_rtp_src_SESSION_SSRC_PT.
func padSSRC(pad gst.Pad) (uint32, error) {
	ghost, ok := pad.(gst.GhostPad)
	if !ok {
		return 0, fmt.Errorf("webrtcbin's pad %s is not a ghost pad", pad.GetName())
	}
	target := ghost.GetTarget()
	if target == nil {
		return 0, fmt.Errorf("webrtcbin's pad %s has no target", pad.GetName())
	}
	var session, ssrc, pt uint32
	if _, err := fmt.Sscanf(target.GetName(), "recv_rtp_src_%d_%d_%d", &session, &ssrc, &pt); err != nil {
		return 0, fmt.Errorf("rtpbin's pad %s: %w", target.GetName(), err)
	}
	return ssrc, nil
}

// encodingName is the codec that RTP caps name, in lower case.
func encodingName(caps *gst.Caps) string {
	if caps == nil || caps.GetSize() == 0 {
		return ""
	}
	return strings.ToLower(caps.GetStructure(0).GetString("encoding-name"))
}
