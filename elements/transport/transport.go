// Package transport is one media session: a webrtcbin with its repairs, the session description going in, and
// pads by SSRC coming out. It knows nothing of participants, and signalling only as parsed types.
package transport

import (
	"sync"
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstwebrtc"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// Config says what a session needs.
type Config struct {
	Bin            gst.Bin // the element, in which everything is put
	Offer          *jingle.SessionInitiate
	VideoCodecs    []string // lower-case encoding names in order of preference
	LatencyMS      uint32   // of the jitter buffers
	Retransmission bool     // ask for lost video
	LocalAddresses []string // for ICE; empty: all but loopback
	ICE            ICEServers
	Send           bool // make the m-lines and pads of our own sources
	Layers         int  // sizes in which a camera's picture may be sent; at least 1
	Stereo         bool // say that our Opus has two channels
	Pace           bool // send by timestamps
	Events         Events
}

// Events are called from GStreamer's threads and must not block.
type Events struct {
	Stream func(*Stream) // media of a known source begins; it is held until Stream.Release
	// Codec says that a stream goes on in another codec, a lower-case encoding name; it is held until Stream.Release.
	Codec     func(s *Stream, codec string)
	Connected func() // ICE and DTLS are up, the fingerprint was right
	Failed    func(error)
	Feedback  func(Feedback) // of our packets; may be nil
}

// Transport is one session's media. One goroutine may use it.
type Transport struct {
	cfg     Config
	webrtc  gst.Element
	rtpbin  gst.Element
	rtx     gst.Element // rtprtxreceive, once it is there
	signals gstx.Signals
	gate    *gstx.Gate
	arrived *gstx.Activity // decrypted RTP and RTCP
	pacer   *gstx.Pacer    // of our video
	ssrcs   *gstx.SSRCTable
	keys    *gstx.SRTPKeys
	pem     string
	local   jingle.Fingerprint
	senders []*Sender
	tunnels []*gstx.Tunnel
	audioPT uint8          // of the microphone
	clears  sync.WaitGroup // sources that are being taken away

	mu        sync.Mutex // guards what callbacks and the owner share
	sources   map[uint32]jingle.Source
	streams   map[uint32]*Stream
	clearing  map[uint32]int             // SSRCs of sources that are being taken away, and of how many
	gone      map[string][]jingle.Source // that were an endpoint's
	sigs      gstx.Signals               // of elements that webrtcbin made
	entrances []gst.Pad                  // where DTLS and SRTP come in
	inlets    []gst.Pad                  // where decrypted RTP and RTCP come in
	received  gst.Pad                    // decrypted RTP; nil while there is none
	demuxed   []gst.Pad                  // where RTP and RTCP are told apart by SSRC
	session   gst.Element                // rtpsession; nil until it is there
	closed    bool
}

// New puts a webrtcbin into the bin, in the bin's state.
func New(cfg Config) (*Transport, error) {
	t := &Transport{
		cfg: cfg, gate: gstx.NewGate(), arrived: gstx.NewActivity(), pacer: gstx.NewPacer(), ssrcs: gstx.NewSSRCTable(),
		keys: gstx.NewSRTPKeys(), sources: map[uint32]jingle.Source{}, streams: map[uint32]*Stream{}, clearing: map[uint32]int{},
		gone: map[string][]jingle.Source{},
	}
	certificate, fingerprint, err := newCertificate()
	if err != nil {
		return nil, err
	}
	t.pem = certificate
	t.local = jingle.Fingerprint{Hash: "sha-256", Value: fingerprint}
	if err := t.makeWebRTCBin(); err != nil {
		return nil, err
	}
	if cfg.Send {
		if err := t.makeSenders(); err != nil {
			t.Close()
			return nil, err
		}
	}
	t.webrtc.SyncStateWithParent()
	return t, nil
}

// Close takes everything out of the bin. No event comes after it.
func (t *Transport) Close() {
	t.mu.Lock()
	t.closed = true
	for _, s := range t.streams {
		s.Release()
	}
	t.mu.Unlock()
	t.signals.DisconnectAll()
	t.mu.Lock()
	t.sigs.DisconnectAll()
	t.mu.Unlock()
	t.pacer.Close()
	t.stopReceiving()
	// An SSRC that is cleared while its demultiplexer is shut down is cleared twice (1.22).
	t.clears.Wait()
	gstx.Discard(t.cfg.Bin, t.webrtc)
	t.mu.Lock()
	streams := t.streams // also those whose pads came meanwhile
	t.streams = map[uint32]*Stream{}
	t.session, t.demuxed = nil, nil
	t.mu.Unlock()
	for _, s := range streams {
		s.drop()
	}
	for _, s := range t.senders {
		s.drop()
	}
	t.closeTunnels()
	gobject.UnsafeObjectUnref(t.rtpbin)
}

// Has says whether an element of that name is the webrtcbin of this session.
func (t *Transport) Has(name string) bool { return t.webrtc.GetName() == name }

// Silence is for how long neither RTP nor RTCP has come; false where none has come at all.
func (t *Transport) Silence() (time.Duration, bool) { return t.arrived.Age() }

// stopLimit bounds the wait for a packet that is on its way to the jitter buffers, which never block.
const stopLimit = time.Second

// stopReceiving drops all packets from now on, and returns when none is on its way: an RTP session without a clock, as
// it is once it was taken out of its bin, makes nonsense of them, and so does an srtpdec (critical messages) of its first ones while it is
// shut down (1.22).
func (t *Transport) stopReceiving() {
	t.mu.Lock()
	inlets, entrances := t.inlets, t.entrances
	t.inlets, t.entrances = nil, nil
	t.mu.Unlock()
	closed := gstx.NewGate()
	var busy []gst.Pad
	for _, pad := range entrances {
		closed.Guard(pad)
		if peer := pad.GetPeer(); peer != nil && !pad.IsBlocking() && !peer.IsBlocking() { // as webrtcbin's are before it connects
			busy = append(busy, peer)
		}
	}
	for _, pad := range inlets {
		closed.Guard(pad)
	}
	t.awaitIdle(append(busy, inlets...))
}

// awaitIdle returns when no packet is being pushed through any of these source pads.
func (t *Transport) awaitIdle(pads []gst.Pad) {
	limit := time.After(stopLimit)
	for _, pad := range pads {
		select {
		case <-whenIdle(pad):
		case <-limit:
			t.logf(gst.LevelWarning, "a packet is still on its way after %v", stopLimit)
			return
		}
	}
}

func (t *Transport) logf(level gst.DebugLevel, format string, args ...any) {
	gstx.LogTransport.LogDepth(1, level, t.cfg.Bin, format, args...)
}

// recovering runs a callback of GStreamer's.
func (t *Transport) recovering(where string, f func()) {
	defer gstx.Recover(t.cfg.Bin, where)
	f()
}

func (t *Transport) onConnectionState() {
	state, _ := t.webrtc.ObjectProperty("connection-state").(gstwebrtc.WebRTCPeerConnectionState)
	t.logf(gst.LevelInfo, "connection state %v", state)
	switch state {
	case gstwebrtc.WebrtcPeerConnectionStateConnected:
		t.cfg.Events.Connected()
	case gstwebrtc.WebrtcPeerConnectionStateFailed:
		t.cfg.Events.Failed(ErrConnectionFailed)
	}
}
