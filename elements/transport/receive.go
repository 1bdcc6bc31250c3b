package transport

import (
	"fmt"
	"strings"
	"sync"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// receiveSession is rtpbin's session for everything: all media is bundled.
const receiveSession = uint32(0)

// AddSource lets a source's packets in. Its Stream comes when they do.
func (t *Transport) AddSource(source jingle.Source) {
	t.mu.Lock()
	t.sources[source.SSRC] = source
	t.mu.Unlock()
	t.ssrcs.Set(source.SSRC, source.Endpoint)
	t.updateRTXMap()
}

// RemoveSource takes a source's stream and everything that webrtcbin keeps for it away. It may wait for a streaming
// thread that is inside the application's pipeline, so the work is done on a goroutine of its own, which wait ends.
func (t *Transport) RemoveSource(ssrc uint32, wait *sync.WaitGroup) {
	t.ssrcs.Remove(ssrc)
	t.mu.Lock()
	stream := t.streams[ssrc]
	delete(t.streams, ssrc)
	delete(t.sources, ssrc)
	t.mu.Unlock()
	t.updateRTXMap()
	// Close may come meanwhile.
	releaseWebRTC, releaseRTP := gstx.Hold(t.webrtc), gstx.Hold(t.rtpbin)
	wait.Go(func() {
		defer releaseWebRTC()
		defer releaseRTP()
		t.recovering("remove source", func() { t.clear(ssrc, stream) })
	})
}

// clear removes what rtpbin has for an SSRC, a jitter buffer with two threads, whether a stream came out of it yet or not.
func (t *Transport) clear(ssrc uint32, s *Stream) {
	if s != nil {
		s.Release()
	}
	t.rtpbin.Emit("clear-ssrc", receiveSession, ssrc)
	if s == nil {
		s = t.takeStray(ssrc)
	}
	if s == nil {
		return
	}
	s.pad.SetActive(false)
	t.webrtc.RemovePad(s.pad)
	s.drop()
	t.logf(gst.LevelDebug, "removed the stream of %s, SSRC %d", s.Source.Name, ssrc)
}

// takeStray takes the stream of a source that was gone before its pad came.
func (t *Transport) takeStray(ssrc uint32) *Stream {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.streams[ssrc]
	if _, back := t.sources[ssrc]; back || s == nil {
		return nil
	}
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
	Codec  string // lower-case encoding name
	Tee    gst.Element

	transport *Transport
	pad       gst.Pad
	block     uint32 // probe that holds the data
	limit     uint32 // probe that limits key frame requests
	release   sync.Once
}

// Release lets the data flow.
func (s *Stream) Release() { s.release.Do(func() { s.pad.RemoveProbe(s.block) }) }

// RequestKeyFrame asks the source for a key frame, unless it was asked too often already.
func (s *Stream) RequestKeyFrame() {
	request := gst.NewStructureEmpty("GstForceKeyUnit")
	gstx.SetField(request, "all-headers", true)
	s.pad.SendEvent(gst.NewEventCustom(gst.EventCustomUpstream, request))
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
	tee, err := makeElement("tee", "")
	if err != nil {
		t.cfg.Events.Failed(err)
		return
	}
	tee.SetObjectProperty("allow-not-linked", true)
	t.cfg.Bin.Add(tee)
	tee.SyncStateWithParent()
	s := &Stream{transport: t, pad: pad, Tee: tee, Codec: padCodec(pad)}
	s.block = pad.AddProbe(gst.PadProbeTypeBlockDownstream, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		return gst.PadProbeOK
	})
	pad.Link(tee.GetStaticPad("sink"))
	s.limit = t.limitKeyFrameRequests(pad, ssrc)

	t.mu.Lock()
	source, known := t.sources[ssrc]
	s.Source = source
	t.streams[ssrc] = s
	closed := t.closed
	t.mu.Unlock()
	if !known || closed {
		t.logf(gst.LevelDebug, "pad of SSRC %d that left meanwhile", ssrc)
		s.Release()
		return
	}
	t.logf(gst.LevelDebug, "stream of %s, SSRC %d, %s", source.Name, ssrc, s.Codec)
	t.cfg.Events.Stream(s)
}

// drop takes the tee out of the bin. The probe holds the transport, and with it the pad: only we can undo that.
func (s *Stream) drop() {
	s.pad.RemoveProbe(s.limit)
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

func padCodec(pad gst.Pad) string {
	caps := pad.GetCurrentCaps()
	if caps == nil || caps.GetSize() == 0 {
		return ""
	}
	return strings.ToLower(caps.GetStructure(0).GetString("encoding-name"))
}
