package bridge

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/pion/interceptor/pkg/twcc"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// Endpoint is a participant on the bridge.
type Endpoint struct {
	conference *Conference
	id         string
	features   codec.Features
	password   string // of the channel
	transport  *transport

	// Guarded by Conference.mu.
	tracks      []*track // what it sends
	videoTypes  map[string]string
	constraints *receiverConstraints // nil until it has asked for video
	audio       audioSubscription
	downtracks  map[*track]*downtrack // what it receives
	slots       map[source.Media]*slots
	untold      []*downtrack // whose SSRCs the receiver doesn't know yet
	channel     *channel
	forwarded   []string // as last told; nil before
	ready       bool
	closed      bool
	feedback    *twcc.Recorder // of packets that it sends
	feedbackAt  time.Time      // when it was told last
	outgoing    uint16         // transport-wide sequence number of packets to it
	missing     map[string]bool
	reports     map[uint32]bool
}

func newEndpoint(c *Conference, id string, features codec.Features) *Endpoint {
	return &Endpoint{
		conference: c, id: id, features: features, password: randomHex(12),
		videoTypes: map[string]string{}, audio: audioSubscription{all: true}, downtracks: map[*track]*downtrack{}, slots: map[source.Media]*slots{},
		outgoing: uint16(rand.Uint32()), missing: map[string]bool{}, reports: map[uint32]bool{},
		feedback: twcc.NewRecorder(c.own.Video.Sources[0].SSRC),
	}
}

func (e *Endpoint) transportEvents() transportEvents {
	c := e.conference
	return transportEvents{
		rtp:       e.receiveRTP,
		rtcp:      e.receiveRTCP,
		admit:     c.bridge.admit,
		connected: func() { c.event(events.Event{Kind: events.ICEConnected, Endpoint: e.id}) },
		lost:      func(state string) { c.event(events.Event{Kind: events.ICELost, Endpoint: e.id, Detail: state}) },
		refused: func(err error) {
			c.log.Warnf("%s: %v", e.id, err)
			c.event(events.Event{Kind: events.DTLSRefused, Endpoint: e.id, Detail: err.Error()})
		},
		ready: func(role string) {
			c.mu.Lock()
			e.ready = true
			c.reallocate()
			c.mu.Unlock()
			c.event(events.Event{Kind: events.MediaReady, Endpoint: e.id, Detail: role})
		},
	}
}

// Transport is the bridge's side, for session-initiate.
func (e *Endpoint) Transport() TransportInfo {
	b := e.conference.bridge
	address := b.MediaAddress()
	b.mu.Lock()
	base := b.opts.ChannelBase
	b.mu.Unlock()
	print := b.certificate.Fingerprint
	if b.opts.WrongFingerprint {
		other := "00"
		if print[:2] == other {
			other = "FF"
		}
		print = other + print[2:]
	}
	ufrag, pwd, generation, setup := e.transport.credentials()
	return TransportInfo{
		Ufrag: ufrag, Pwd: pwd, Generation: generation,
		Hash: "sha-256", Fingerprint: print, Setup: setup,
		Candidates: []Candidate{{
			ID: e.conference.id + strconv.Itoa(generation), Foundation: "1", Protocol: "udp", Type: "host",
			IP: address.Addr().String(), Port: int(address.Port()), Priority: 2130706431,
		}},
		WebSocketURL: fmt.Sprintf("%s/colibri-ws/local/%s/%s?pwd=%s", base, e.conference.id, e.id, e.password),
	}
}

// Connect takes the client's side, of session-accept.
func (e *Endpoint) Connect(remote RemoteTransport) error {
	if err := e.transport.connect(remote); err != nil {
		return fmt.Errorf("connect endpoint %s: %w", e.id, err)
	}
	return nil
}

// Closed says whether the endpoint has ended, with its bridge or by Close.
func (e *Endpoint) Closed() bool {
	e.conference.mu.Lock()
	defer e.conference.mu.Unlock()
	return e.closed
}

// UpdateRemote takes the client's transport-info.
func (e *Endpoint) UpdateRemote(remote RemoteTransport) error {
	if err := e.transport.update(remote); err != nil {
		return fmt.Errorf("update endpoint %s: %w", e.id, err)
	}
	return nil
}

// RestartICE makes new credentials for an ICE restart in place.
func (e *Endpoint) RestartICE() (TransportInfo, error) {
	if err := e.transport.restart(); err != nil {
		return TransportInfo{}, err
	}
	return e.Transport(), nil
}

// SetSources changes what the endpoint has announced to send.
func (e *Endpoint) SetSources(set source.Set) {
	c := e.conference
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.closed {
		return
	}
	described := set.Describe()
	var kept []*track
	for _, t := range e.tracks {
		if slices.ContainsFunc(described, t.is) {
			kept = append(kept, t)
		} else {
			c.removeTrack(t)
		}
	}
	for _, d := range described {
		if !slices.ContainsFunc(kept, func(t *track) bool { return t.is(d) }) {
			kept = append(kept, c.addTrack(e, d))
		}
	}
	e.tracks = kept
	c.reallocate()
}

// Close removes the endpoint.
func (e *Endpoint) Close() { e.shut(true) }

func (e *Endpoint) shut(orderly bool) {
	c := e.conference
	c.mu.Lock()
	if e.closed {
		c.mu.Unlock()
		return
	}
	e.closed = true
	for _, t := range e.tracks {
		c.removeTrack(t)
	}
	e.tracks = nil
	if c.endpoints[e.id] == e {
		delete(c.endpoints, e.id)
	}
	c.order = slices.DeleteFunc(c.order, func(other *Endpoint) bool { return other == e })
	c.speakers.forget(e.id)
	channel := e.channel
	e.channel = nil
	if !c.closed {
		c.reallocate()
	}
	c.mu.Unlock()
	if channel != nil {
		channel.shut(orderly)
	}
	e.transport.close()
}

// track is a source that an endpoint sends.
type track struct {
	owner     *Endpoint
	name      string
	media     source.Media
	videoType string
	streams   []*stream // its encodings, lowest layer first
	told      int       // height of the last SenderSourceConstraints; unset before

	keyFrameAsked time.Time // of the sender, last
}

// unset is a height that was never told.
const unset = -1

func (t *track) is(d source.Described) bool {
	if t.name != d.Name || t.media != d.Media || len(t.streams) != len(d.Encodings) {
		return false
	}
	for i, encoding := range d.Encodings {
		if t.streams[i].ssrc != encoding.SSRC || t.streams[i].rtxSSRC != encoding.RTX {
			return false
		}
	}
	return true
}

// visible is the SSRC that receivers see, without SSRC rewriting: the first encoding's, whichever is sent.
func (t *track) visible() uint32 { return t.streams[0].ssrc }

// muted says whether its owner has said that it sends nothing (SourceVideoTypeMessage none).
func (t *track) muted() bool { return t.owner.videoTypes[t.name] == "none" }

func (c *Conference) addTrack(owner *Endpoint, d source.Described) *track {
	t := &track{owner: owner, name: d.Name, media: d.Media, videoType: d.VideoType, told: unset}
	for _, encoding := range d.Encodings {
		s := newStream(t, encoding)
		t.streams = append(t.streams, s)
		c.ssrcs[encoding.SSRC] = origin{stream: s}
		if encoding.RTX != 0 {
			c.ssrcs[encoding.RTX] = origin{stream: s, rtx: true}
		}
	}
	return t
}

func (c *Conference) removeTrack(t *track) {
	for _, s := range t.streams {
		delete(c.ssrcs, s.ssrc)
		delete(c.ssrcs, s.rtxSSRC)
	}
	for _, receiver := range c.order {
		receiver.drop(t)
		if t.media == source.Video && receiver.forwarded != nil {
			// Nobody is told: that the source is gone is known otherwise (recordings a-alice, e-rewriting-alice).
			receiver.forwarded = slices.DeleteFunc(slices.Clone(receiver.forwarded), func(name string) bool { return name == t.name })
		}
	}
}
