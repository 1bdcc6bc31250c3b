// Package robot is a participant without GStreamer: our signalling, and media by Pion. Many of them fit into a
// process, so that tests and benchmarks have company that costs next to nothing. It sends a film that was encoded
// before, and takes what is sent to it without a look.
package robot

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// robotCodecs are what a robot sends one or the other of.
var robotCodecs = []string{"vp8", "vp9", "h264", "av1"}

// Options says who a robot is.
type Options struct {
	Location string     // of the meeting, as in a browser; the usual addresses are taken
	Address  netip.Addr // IPv4, that media is sent from
	Nick     string
	Film     *Film      // nil: sends nothing
	RED      bool       // send sound twice more (RFC 2198), where that is offered
	Sent     func(Sent) // called before each frame is sent; must not block
	Met      func()     // called when somebody else comes into the room; must not block

	Loggers logging.LoggerFactory // nil: silent
}

// Sent is a frame on its way.
type Sent struct {
	Media jingle.Media
	At    time.Time
	Frame time.Duration // of the frame in the film
}

// Robot is a participant.
type Robot struct {
	options Options
	conf    *conference.Conference
	leave   context.CancelFunc
	ended   chan struct{}
	err     error // of the stay; to be read when ended is closed

	joined, sending signal

	mu      sync.Mutex // guards the film and what follows
	session *session   // only events change it
}

// session is a media session with the bridge.
type session struct {
	sid    string
	path   *path
	player *player
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// signal is closed once.
type signal struct {
	once sync.Once
	c    chan struct{}
}

func (s *signal) give() { s.once.Do(func() { close(s.c) }) }

// Join joins; it returns when the robot is in the room, or can't be.
func Join(ctx context.Context, options Options) (*Robot, error) {
	if options.Loggers == nil {
		quiet := logging.NewDefaultLoggerFactory()
		quiet.DefaultLogLevel = logging.LogLevelDisabled
		options.Loggers = quiet
	}
	meeting, err := discovery.ParseLocation(options.Location)
	if err != nil {
		return nil, err
	}
	room, err := discovery.NormaliseRoom(meeting.Room)
	if err != nil {
		return nil, err
	}
	found, err := discovery.Discover(ctx, meeting, discovery.Options{Log: options.Loggers.NewLogger("discovery")})
	if err != nil {
		return nil, err
	}
	conf, err := conference.New(conference.Config{
		WebSocketURL: found.WebSocketURL, XMPPDomain: found.XMPPDomain, MUCDomain: found.MUCDomain, FocusJID: found.FocusJID,
		Room: room, Nick: options.Nick, Codecs: robotCodecs, Loggers: options.Loggers,
	})
	if err != nil {
		return nil, err
	}
	r := &Robot{options: options, conf: conf, ended: make(chan struct{}),
		joined: signal{c: make(chan struct{})}, sending: signal{c: make(chan struct{})}}
	r.start()
	select {
	case <-r.joined.c:
		return r, nil
	case <-r.ended:
		return nil, r.err
	case <-ctx.Done():
		r.Leave()
		return nil, ctx.Err()
	}
}

func (r *Robot) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.leave = cancel
	r.conf.SetLocalSources(r.announced())
	// Nobody listens to what a robot hears, and of many, each would be sent all others' sound.
	r.conf.SetAudioSubscription(colibri.ReceiverAudioSubscription{})
	stayed := make(chan error, 1)
	go func() { stayed <- r.conf.Run(ctx) }()
	go func() {
		defer close(r.ended)
		for event := range r.conf.Events() {
			r.on(event)
		}
		r.endSession()
		r.err = <-stayed
	}()
}

// announced are the sources that presence tells of.
func (r *Robot) announced() []conference.LocalSource {
	var list []conference.LocalSource
	if film := r.options.Film; film != nil && film.has(false) {
		list = append(list, conference.LocalSource{Name: r.conf.SourceName(jingle.Audio, 0), Media: jingle.Audio})
	}
	if film := r.options.Film; film != nil && film.has(true) {
		list = append(list, conference.LocalSource{Name: r.conf.SourceName(jingle.Video, 0), Media: jingle.Video, VideoType: jingle.Camera})
	}
	return list
}

// ID is the robot's endpoint id.
func (r *Robot) ID() string { return r.conf.EndpointID() }

// Play goes on with another film on the same streams, as a web client does that changes its codec. The robot must be
// sending.
func (r *Robot) Play(film *Film) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.options.Film = film
	if r.session != nil && r.session.player != nil {
		r.session.player.change(film)
	}
}

// Sending waits until the robot's media goes out, for which somebody else must be there.
func (r *Robot) Sending(ctx context.Context) error {
	select {
	case <-r.sending.c:
		return nil
	case <-r.ended:
		return errors.Join(errors.New("the robot has left"), r.err)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Watch asks the bridge for pictures of these heights by the names of their sources, and for no others.
func (r *Robot) Watch(heights map[string]int) {
	constraints := colibri.ReceiverVideoConstraints{LastN: -1, Constraints: map[string]colibri.VideoConstraints{}}
	for source, height := range heights {
		constraints.Constraints[source] = colibri.VideoConstraints{MaxHeight: height}
	}
	r.conf.SetReceiverConstraints(constraints)
}

// Renew asks the focus for a new session instead of the one there is, as one does whose media is dead. Its sources come
// back under other SSRCs.
func (r *Robot) Renew() {
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s != nil {
		r.conf.RestartSession(s.sid)
	}
}

// Mute asks the focus to mute somebody; it obeys a moderator, who is the first to come.
func (r *Robot) Mute(id string, media jingle.Media) { r.conf.MuteParticipant(id, media) }

// Leave leaves the room and waits for it; the error is why the robot had left before.
func (r *Robot) Leave() error {
	r.leave()
	<-r.ended
	return r.err
}

func (r *Robot) on(event conference.Event) {
	switch event := event.(type) {
	case conference.StateChanged:
		if event.State == conference.Joined || event.State == conference.InSession {
			r.joined.give()
		}
	case conference.ParticipantJoined:
		if r.options.Met != nil {
			r.options.Met()
		}
	case conference.SessionStarted:
		r.endSession()
		if err := r.startSession(event.Offer); err != nil {
			r.fail(err)
		}
	case conference.SessionEnded:
		r.endSession()
	}
}

func (r *Robot) fail(err error) {
	r.options.Loggers.NewLogger("robot").Errorf("%s: %v", r.options.Nick, err)
	r.leave()
}

func (r *Robot) startSession(offer *jingle.SessionInitiate) error {
	s := &session{sid: offer.SID}
	receive := func([]byte, bool) {}
	r.mu.Lock()
	film := r.options.Film
	r.mu.Unlock()
	if film != nil {
		s.player = newPlayer(film, offer, r.options.Sent, r.options.RED)
		receive = func(packet []byte, rtcp bool) {
			if rtcp {
				s.player.feedback(packet)
			}
		}
	}
	path, err := newPath(r.options.Address, r.options.Loggers, receive)
	if err != nil {
		return fmt.Errorf("media: %w", err)
	}
	s.path = path
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	r.setSession(s)
	codecs := sdp.Options{Codecs: append([]string{"opus"}, robotCodecs...)}
	answer := jingle.SessionAccept{Audio: sdp.Take(offer.Audio, codecs), Video: sdp.Take(offer.Video, codecs), Transport: path.local}
	if s.player != nil {
		s.player.path = path
		answer.Sources = r.sources(s.player)
	}
	path.connect(offer.Transport, func() { s.begin(ctx, &r.sending) }, r.fail)
	r.conf.Accept(offer.SID, answer)
	return nil
}

func (s *session) begin(ctx context.Context, sending *signal) {
	if s.player == nil {
		return
	}
	sending.give()
	s.done.Go(func() { s.player.play(ctx) })
}

func (r *Robot) sources(p *player) []jingle.LocalSource {
	var list []jingle.LocalSource
	for media, s := range p.streams {
		name := r.conf.SourceName(media, 0)
		source := jingle.LocalSource{Name: name, Media: media, MSID: name + "-msid " + name, SSRCs: []uint32{s.ssrc}}
		if media == jingle.Video {
			source.VideoType = jingle.Camera
		}
		if s.rtx != 0 {
			source.RTX = []uint32{s.rtx}
		}
		list = append(list, source)
	}
	return list
}

func (r *Robot) setSession(s *session) {
	r.mu.Lock()
	r.session = s
	r.mu.Unlock()
}

func (r *Robot) endSession() {
	s := r.session
	if s == nil {
		return
	}
	r.setSession(nil)
	s.cancel()
	s.path.close()
	s.done.Wait()
}
