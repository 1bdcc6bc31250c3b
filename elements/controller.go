package elements

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// controller is one stay in a conference: between READY→PAUSED and PAUSED→READY. Its goroutine takes the conference's
// events and the application's requests one after the other and alone touches the transport and what pads carry.
type controller struct {
	e      *element
	conf   *conference.Conference
	config transport.Config // what every session has in common
	fec    bool

	mail      *mailbox
	announce  *mailbox // signals and messages: their handlers may block, or call back
	cancel    context.CancelFunc
	done      chan struct{}
	announced chan struct{}
	cleaning  sync.WaitGroup // removals that wait for a streaming thread

	// the session; nil transport: there is none
	sid          string
	offer        *jingle.SessionInitiate
	transport    *transport.Transport
	connected    bool
	welcomed     bool // a session has begun: what the meeting wants of those who join is done
	streams      map[uint32]*transport.Stream
	sources      []jingle.Source // in the order of their arrival
	slots        slotTable
	speaker      speaker
	group        uint32                   // of the streams that our pads give out
	flowing      time.Time                // since when a pad has carried anything
	present      []conference.Participant // in the order of arrival
	constraints  colibri.ReceiverVideoConstraints
	subscription *colibri.ReceiverAudioSubscription // nil before the first
	bitrates     bitrates
	uplink       uplink
	heights      map[string]int // of our sources that somebody wants, as the bridge said
	channel      bool           // to the bridge is open
	live         liveness
	vainLimit    time.Duration // for the first session that works
	finished     bool          // all sink pads of a jitsisink are at their end

	innerState // pipelines inside the element
}

func newController(e *element, cfg conference.Config) (*controller, error) {
	cfg.Loggers = gstx.Loggers{Element: e}
	conf, err := conference.New(cfg)
	if err != nil {
		return nil, err
	}
	servers, err := e.settings.iceServers()
	if err != nil {
		return nil, err
	}
	addresses, err := e.settings.addresses()
	if err != nil {
		return nil, err
	}
	return &controller{
		e: e, conf: conf,
		config: transport.Config{
			Bin: e, VideoCodecs: cfg.Codecs, LatencyMS: e.settings.latencyMS, LocalAddresses: addresses, ICE: servers,
			Retransmission: e.settings.retransmission,
			Send:           e.kind.send, Layers: e.settings.layers(), Stereo: e.settings.stereo, Pace: e.settings.sync,
		},
		vainLimit: max(e.settings.reconnectLimit(), connectLimit),
		fec:       e.settings.fec, mail: newMailbox(), announce: newMailbox(),
		done: make(chan struct{}), announced: make(chan struct{}),
		streams: map[uint32]*transport.Stream{}, slots: slotTable{}, live: newLiveness(), heights: map[string]int{},
		group: uint32(gst.UtilGroupIDNext()), constraints: e.settings.constraints(),
		innerState: newInnerState(),
	}, nil
}

// start joins the conference; nothing waits for it.
func (c *controller) start() {
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.updateLocalSources()
	c.conf.SetReceiverConstraints(c.constraints)
	release := gstx.Hold(c.e)
	go func() {
		defer release()
		defer close(c.announced)
		c.announce.run()
	}()
	releaseOwn := gstx.Hold(c.e)
	go func() {
		defer releaseOwn()
		defer close(c.done)
		c.mail.run()
	}()
	c.post(c.route)
	var pumps sync.WaitGroup
	pumps.Go(func() { c.pump() })
	pumps.Go(func() { c.stay(ctx) })
	pumps.Go(transport.Preload)
	pumps.Go(func() { c.watch(ctx) })
	if c.e.kind.receive {
		pumps.Go(func() { c.watchPads(ctx) })
	}
	go func() {
		pumps.Wait()
		c.mail.close()
	}()
}

// settling is how long after the start an error is held back. An application that starts its main loop after it has
// set the state, as gst-launch does, would never see one that comes before.
const settling = 300 * time.Millisecond

// stay runs the conference to its end.
func (c *controller) stay(ctx context.Context) {
	defer gstx.Recover(c.e, "conference")
	settled := time.NewTimer(settling)
	defer settled.Stop()
	err := c.conf.Run(ctx)
	if err != nil {
		select {
		case <-settled.C:
		case <-ctx.Done():
		}
	}
	c.post(func() { c.ended(err) })
}

// pump hands the conference's events to our goroutine.
func (c *controller) pump() {
	defer gstx.Recover(c.e, "events")
	for event := range c.conf.Events() {
		c.post(func() { c.on(event) })
	}
}

// stop leaves, and ends when nothing of this stay is left. The conference leaves within its own time limit.
func (c *controller) stop() {
	limit := time.Now().Add(stopLimit)
	c.do(c.finishInner)
	c.cancel()
	<-c.done
	c.awaitInner(time.Until(limit))
	c.endSession()
	for _, p := range c.e.sourcePads() {
		c.shut(p)
	}
	c.cleaning.Wait()
	c.announce.close()
	<-c.announced
}

// post runs f on our goroutine.
func (c *controller) post(f func()) {
	c.mail.put(func() {
		defer gstx.Recover(c.e, "controller")
		f()
	})
}

// do runs f on our goroutine and waits for it.
func (c *controller) do(f func()) {
	finished := make(chan struct{})
	c.post(func() {
		defer close(finished)
		f()
	})
	select {
	case <-finished:
	case <-c.done:
	}
}

// leave leaves the conference; the element stays as it is.
func (c *controller) leave() { c.cancel() }

// ended follows the conference's end: by our own will, which is no error, or not.
func (c *controller) ended(err error) {
	c.finishInner()
	c.endSession()
	switch {
	case err != nil:
		c.e.postConferenceError(err)
	case c.finished:
		c.e.PostMessage(gst.NewMessageEOS(c.e))
	}
}

func (c *controller) on(event conference.Event) {
	c.e.mu.Lock()
	c.e.snapshot = c.conf.Snapshot()
	c.e.mu.Unlock()
	switch ev := event.(type) {
	case conference.SessionStarted:
		c.startMuted(ev.Offer.StartMuted)
		c.startSession(ev.Offer)
	case conference.SessionEnded:
		c.endSession()
	case conference.TransportInfo:
		if c.transport != nil && ev.SID == c.sid {
			c.transport.AddCandidates(ev.Transport.Candidates)
		}
	case conference.SourceAdded:
		c.addSource(ev.Source)
	case conference.SourceRemoved:
		c.removeSource(ev.Source)
	case conference.ParticipantJoined:
		c.present = append(c.present, ev.Participant)
		c.route()
	case conference.ParticipantChanged:
		c.changeParticipant(ev.Participant)
	case conference.ParticipantLeft:
		c.present = slices.DeleteFunc(c.present, func(p conference.Participant) bool { return p.ID == ev.Participant.ID })
		if c.transport != nil {
			c.transport.Forget(ev.Participant.ID)
		}
		c.route()
	case conference.MuteRequested:
		c.mute(ev.Media, ev.VideoType)
	case conference.SenderConstraints:
		c.constrainSink(ev.SourceName, ev.MaxHeight)
	case conference.BridgeChannel:
		c.live.channel(ev, time.Now())
		c.onBridgeChannel(ev.Open)
	case conference.DominantSpeaker:
		c.speaker.hear(ev.ID, c.conf.EndpointID(), time.Now())
		c.route()
	case conference.BridgeNotAvailable:
		c.e.warnOf(resource(gst.ResourceErrorNotFound, "The Jitsi server has no bridge for the media."), "the focus says bridgeNotAvailable; waiting for one")
	case conference.StateChanged:
		c.e.setState(ev.State)
	}
	c.announceEvent(event)
}

// startSession answers an offer with a new webrtcbin. Application pads stay.
func (c *controller) startSession(offer *jingle.SessionInitiate) {
	c.endSession()
	config := c.config
	config.Offer = offer
	config.ICE = withOffered(config.ICE, c.conf.Snapshot().ICEServers)
	sid := offer.SID
	config.Events = transport.Events{
		Stream:    func(s *transport.Stream) { c.post(func() { c.addStream(sid, s) }) },
		Codec:     func(s *transport.Stream, codec string) { c.post(func() { c.changeCodec(sid, s, codec) }) },
		Connected: func() { c.post(func() { c.onConnected(sid) }) },
		Failed:    func(err error) { c.post(func() { c.onFailed(sid, err) }) },
		Feedback:  func(f transport.Feedback) { c.post(func() { c.onFeedback(sid, f) }) },
	}
	t, err := transport.New(config)
	if err != nil {
		c.e.postMediaError(err, "transport")
		return
	}
	c.transport, c.sid, c.offer = t, sid, offer
	c.live.begin(time.Now())
	answer, err := t.Negotiate()
	if err != nil {
		c.e.postMediaError(err, "session-initiate "+sid)
		c.endSession()
		return
	}
	c.connectSinks()
	answer.Sources = c.describeSinks()
	c.conf.Accept(sid, answer)
}

func (c *controller) endSession() {
	if c.transport == nil {
		return
	}
	for _, p := range c.e.sinkPads() {
		p.disconnect()
	}
	for _, p := range c.receivingPads() {
		c.empty(p)
	}
	c.transport.Close()
	c.transport, c.sid, c.connected, c.channel = nil, "", false, false
	c.heights = map[string]int{}
	c.bitrates, c.uplink = bitrates{}, uplink{}
	c.streams = map[uint32]*transport.Stream{}
	c.sources = nil
	c.cleaning.Go(gstx.Collect)
}

func (c *controller) onConnected(sid string) {
	if sid != c.sid || c.transport == nil {
		return
	}
	c.connected = true
	c.startBitrates()
	c.openSinks()
}

func (c *controller) onFailed(sid string, err error) {
	if sid != c.sid || c.transport == nil {
		return
	}
	if errors.Is(err, transport.ErrConnectionFailed) {
		c.restart(err.Error())
		return
	}
	c.e.postMediaError(err, "session "+sid)
	c.cancel()
}

// onSessionError takes an error of an element inside the session: what the network does to it is a reason for another session, and
// none for the application's pipeline to end.
func (c *controller) onSessionError(m gstx.InnerMessage) {
	if m.Kind == gstx.InnerError && c.transport != nil && c.transport.Has(m.Inner) {
		c.onFailed(c.sid, fmt.Errorf("%w: %s: %s (%s)", transport.ErrConnectionFailed, m.Source, m.Text, strings.TrimSpace(m.Debug)))
	}
}
