package transport

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstwebrtc"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// ErrConnectionFailed says that ICE or DTLS gave up.
var ErrConnectionFailed = errors.New("the media connection to the bridge failed")

func makeElement(factory, name string) (gst.Element, error) {
	e := gst.ElementFactoryMake(factory, name)
	if e == nil {
		return nil, &media.MissingElementError{Factory: factory}
	}
	return e, nil
}

func (t *Transport) makeWebRTCBin() error {
	w, err := makeElement("webrtcbin", "")
	if err != nil {
		return err
	}
	t.webrtc = w
	w.SetObjectProperty("bundle-policy", gstwebrtc.WebrtcBundlePolicyMaxBundle)
	w.SetObjectProperty("latency", t.cfg.LatencyMS)
	gstx.DisableUPnP(w)
	if err := t.bindAddresses(); err != nil {
		return err
	}
	t.useServers()
	gstx.TakeErrors(w)
	w.SetLockedState(true) // see settle
	t.cfg.Bin.Add(w)
	t.signals.Connect(w, "pad-added", func(_ gst.Element, pad gst.Pad) {
		t.recovering("pad-added", func() { t.onPad(pad) })
	})
	gstx.EnableNACK(w)
	t.signals.Connect(w, "notify::connection-state", func(_ gst.Element, _ *gobject.ParamSpec) {
		t.recovering("connection-state", t.onConnectionState)
	})
	t.signals.Connect(w, "deep-element-added", func(_ gst.Element, _ gst.Bin, e gst.Element) {
		t.recovering("deep-element-added", func() { t.repair(e) })
	})
	return t.repairRTPBin()
}

// settle lets webrtcbin follow the application's changes of state from now on. While it puts its elements together, on a thread of its own, one
// that comes takes them along half-made: a DTLS decoder that leaves NULL before it has our certificate refuses every peer (1.22).
func (t *Transport) settle() {
	t.webrtc.SetLockedState(false)
	t.webrtc.SyncStateWithParent()
}

// bindAddresses limits ICE to the addresses that the user named. libnice leaves out loopback unless told.
func (t *Transport) bindAddresses() error {
	for _, address := range t.cfg.LocalAddresses {
		if !gstx.AddLocalAddress(t.webrtc, address) {
			return fmt.Errorf("ICE can't bind to local address %q", address)
		}
	}
	return nil
}

// repairRTPBin mends what webrtcbin 1.22 sets up in its rtpbin.
func (t *Transport) repairRTPBin() error {
	bin, ok := t.webrtc.(gst.Bin)
	if !ok {
		return errors.New("webrtcbin is not a bin")
	}
	rtpbin := bin.GetByName("rtpbin")
	if rtpbin == nil {
		return errors.New("webrtcbin has no rtpbin")
	}
	t.rtpbin = rtpbin
	// An SSRC with an FEC decoder can't be removed (1.22).
	gstx.DisconnectSignal(rtpbin, "request-fec-decoder-full")
	gstx.ProvidePTMap(rtpbin, ptMap(t.cfg.Offer))
	// Sender reports by capture time: by send time, each delay on a busy machine would shift sound against picture.
	rtpbin.SetObjectProperty("rtcp-sync-send-time", false)
	// Packets are kept for FEC decoders, of which there are none.
	t.signals.Connect(rtpbin, "new-storage", func(_ gst.Element, storage gst.Element, _ uint32) {
		t.recovering("new-storage", func() { storage.SetObjectProperty("size-time", uint64(0)) })
	})
	t.signals.Connect(rtpbin, "new-jitterbuffer", func(_ gst.Element, jitterBuffer gst.Element, session, ssrc uint32) {
		t.recovering("new-jitterbuffer", func() { t.onJitterBuffer(jitterBuffer, session, ssrc) })
	})
	return nil
}

// repair mends the elements that webrtcbin makes, as they come.
func (t *Transport) repair(e gst.Element) {
	factory := e.GetFactory()
	if factory == nil {
		return
	}
	switch factory.GetName() {
	case "dtlssrtpdec":
		t.repairDTLSDecoder(e)
	case "dtlssrtpenc":
		t.guardDTLSEncoder(e)
	case "srtpdec":
		t.keys.Watch(e)
	case "rtpssrcdemux":
		t.filterSSRCs(e)
	case "rtpsession":
		repairSession(e)
		t.watchFeedback(e)
		gstx.LogPackets(e)
		t.mu.Lock()
		t.session = e
		t.mu.Unlock()
	case "clocksync":
		// The one in front of the RTP session paces packets: an encoder makes many out of one large buffer. The one behind SRTP would do it
		// again, and does not hear of another segment (1.22): all that we send would wait for it, x264enc's for 1000 hours.
		e.SetObjectProperty("sync", t.cfg.Pace && e.GetParent() != nil && e.GetParent().GetName() == t.webrtc.GetName())
	case "rtprtxsend":
		t.pacer.LimitRetransmissions(e.GetStaticPad("src"))
	case "rtprtxreceive":
		t.mu.Lock()
		t.rtx = e
		t.mu.Unlock()
		t.updateRTXMap()
	}
}

// feedbackInterval is how often we report what arrived. By itself the session does so once a video frame only: the
// bridge's estimate would never recover from a moment without video. With an interval it counts for ever when a packet
// comes when it has no clock (1.22): see gstx.RequireClock.
const feedbackInterval = 50 * time.Millisecond

// rtcpBandwidth is what RTCP may take, in bit/s, of senders and receivers alike; it is a permission and no use. By itself the session keeps to 5 %
// of 64 kbit/s whatever is received, and having sent a report or a request it is silent for the time that this is worth:
// requests for lost packets waited for a second, longer than the jitter buffers do.
const rtcpBandwidth = 100_000_000

// reportInterval is how often we send full reports, besides requests and feedback.
const reportInterval = time.Second

func repairSession(e gst.Element) {
	e.SetObjectProperty("probation", uint32(0))
	e.SetObjectProperty("rtcp-rr-bandwidth", int32(rtcpBandwidth))
	e.SetObjectProperty("rtcp-rs-bandwidth", int32(rtcpBandwidth))
	e.SetObjectProperty("rtcp-min-interval", uint64(reportInterval))
	if session, ok := e.ObjectProperty("internal-session").(gobject.Object); ok {
		session.SetObjectProperty("twcc-feedback-interval", uint64(feedbackInterval))
	}
}

// repairDTLSDecoder gives our certificate and checks the bridge's: webrtcbin does not (1.22 to 1.28). The
// certificate is known before the keys are exported; until it was found right, nothing passes in either direction.
func (t *Transport) repairDTLSDecoder(e gst.Element) {
	e.SetObjectProperty("pem", t.pem)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entrances = append(t.entrances, e.GetStaticPad("sink"))
	for _, name := range []string{"rtp_src", "rtcp_src"} {
		pad := e.GetStaticPad(name)
		t.gate.Guard(pad)
		t.arrived.Watch(pad)
		gstx.RequireClock(pad)
		t.inlets = append(t.inlets, pad)
	}
	t.sigs.Connect(e, "notify::peer-pem", func(e gst.Element, _ *gobject.ParamSpec) {
		t.recovering("peer-pem", func() { t.onPeerCertificate(e) })
	})
}

func (t *Transport) onPeerCertificate(e gst.Element) {
	peer, _ := e.ObjectProperty("peer-pem").(string)
	if err := checkFingerprint(peer, t.cfg.Offer.Transport.Fingerprint); err != nil {
		t.cfg.Events.Failed(err)
		return
	}
	t.logf(gst.LevelDebug, "the bridge's DTLS fingerprint is right")
	t.gate.Open()
}

func (t *Transport) guardDTLSEncoder(e gst.Element) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sigs.Connect(e, "pad-added", func(_ gst.Element, pad gst.Pad) {
		t.recovering("dtlssrtpenc pad", func() { t.guardEncoderPad(pad) })
	})
}

func (t *Transport) guardEncoderPad(pad gst.Pad) {
	switch pad.GetName() {
	case "rtp_sink_0", "rtcp_sink_0":
		t.gate.Guard(pad)
	}
}

// SetLatency changes the size of all jitter buffers, those to come included.
func (t *Transport) SetLatency(ms uint32) { t.webrtc.SetObjectProperty("latency", ms) }

// What is missing is asked for, and asked for again when an answer is due that has not come. By itself the jitter buffer
// waits for the time between two packets before either, which at 15 small pictures a second leaves one attempt of 200 ms.
const (
	retransmissionDelay = 10 * time.Millisecond // packets overtake each other by less
	retransmissionRetry = 20 * time.Millisecond // at the least; a round trip and what packets come early or late, if that is more
)

// promptStart is after how many packets in a row a stream begins. By itself the jitter buffer holds the first one for the whole
// latency, for one that it could have overtaken.
const promptStart = 2

func (t *Transport) onJitterBuffer(jitterBuffer gst.Element, session, ssrc uint32) {
	t.mu.Lock()
	source, known := t.sources[ssrc]
	t.mu.Unlock()
	// Without this it asks for packets that are only late: 45 times in 17 s on a clean path.
	jitterBuffer.SetObjectProperty("rtx-next-seqnum", false)
	jitterBuffer.SetObjectProperty("faststart-min-packets", uint32(promptStart))
	jitterBuffer.SetObjectProperty("rtx-delay", int32(retransmissionDelay.Milliseconds()))
	jitterBuffer.SetObjectProperty("rtx-min-retry-timeout", int32(retransmissionRetry.Milliseconds()))
	jitterBuffer.SetObjectProperty("do-retransmission", t.cfg.Retransmission && (!known || source.RTX != 0))
	if red, offered := t.payloadType(jingle.Audio, redundantAudio); offered && (!known || source.Media == jingle.Audio) {
		gstx.UnwrapRED(jitterBuffer.GetStaticPad("sink"), red.ID)
	}
	t.ssrcs.ProvideCNAME(jitterBuffer, t.rtpbin, session, ssrc)
}
