package conference

import (
	"context"
	"sync"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/extdisco"
	"gstjitsi/signaling/guard"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// requestTimeout is for requests within the stay; those of joining end with JoinTimeout.
const requestTimeout = 15 * time.Second

// stay is the truth. Only the goroutine of Run touches it; others push functions into the inbox.
type stay struct {
	c   *Conference
	cfg *Config
	addresses

	log, jingleLog logging.LeveledLogger

	life   context.Context // ends all requests and timers
	cancel context.CancelFunc
	wg     sync.WaitGroup // everything asynchronous that the stay started

	phase      phase
	deadline   *time.Timer       // of joining for the first time
	role       string            // ours in the room
	startMuted jingle.StartMuted // as the metadata of the room says to those who enter it
	bridge     bool              // false while the focus says that there is none
	state      State
	failed     *Error

	home          *Config // the deployment's own addresses, before we are sent elsewhere
	homeAddresses addresses
	attempt       int  // to connect: what comes from earlier ones is ignored
	redirects     int  // of this attempt and those that led to it
	visiting      bool // at a server for visitors
	joined        bool // the room, at least once
	back          *reconnection
	client        *xmpp.Client // nil between attempts
	jid           jid.JID      // ours on the server
	focusSession  string       // that the focus gave us; a secret
	lobby         lobby

	occupants occupants
	session   *session // nil where there is none
	endReason string   // of the session before

	bridgeSession string // of the last session
	invitation    waitForInvitation
	sources       sourceTable
	speaker       string
	services      []extdisco.Service

	local       []LocalSource
	constraints colibri.ReceiverVideoConstraints
	audio       *colibri.ReceiverAudioSubscription // nil until somebody asks for less than all
	stats       *colibri.OwnStats                  // nil until somebody knows them

	pending []Event // happened, but not told yet
	changed bool    // the snapshot is out of date
}

// phase is what joining waits for.
type phase int

const (
	connecting phase = iota
	askingFocus
	waiting // in the lobby
	entering
	inRoom
)

// unlimited asks for all video at the highest resolution there is.
var unlimited = colibri.ReceiverVideoConstraints{LastN: -1, DefaultConstraints: colibri.VideoConstraints{MaxHeight: 2160}}

func newStay(c *Conference) *stay {
	life, cancel := context.WithCancel(context.Background())
	return &stay{
		c: c, cfg: &c.cfg, addresses: c.addresses,
		log: c.cfg.Loggers.NewLogger("conference"), jingleLog: c.cfg.Loggers.NewLogger("jingle"),
		life: life, cancel: cancel, bridge: true,
		occupants: newOccupants(), sources: newSourceTable(c.cfg.EndpointID), constraints: unlimited,
	}
}

func (s *stay) run(ctx context.Context) error {
	s.deadline = time.NewTimer(s.cfg.JoinTimeout)
	defer s.deadline.Stop()
	s.setState(Connecting)
	s.resolve()
	s.publish()
	for s.failed == nil {
		select {
		case <-ctx.Done():
			s.leave()
			return nil
		case <-s.deadline.C:
			if !s.joined {
				s.fail(s.joinTimeout())
			}
		case <-s.c.inbox.ready:
			s.work()
		}
	}
	s.log.Warnf("the stay ends: %v", s.failed)
	s.leave()
	return s.failed
}

// work does what others asked for, up to the end of the stay.
func (s *stay) work() {
	tasks, _ := s.c.inbox.take()
	for _, task := range tasks {
		if s.failed == nil {
			s.try(task)
		}
	}
	s.publish()
}

// try runs one task; a panic in it ends the stay.
func (s *stay) try(task func(*stay)) {
	defer guard.Recover(s.panicked)
	task(s)
}

func (s *stay) panicked(p *guard.Panic) {
	s.log.Errorf("%v\n%s", p, p.Stack)
	s.fail(&Error{Reason: ProtocolError, Op: "stay in", Target: s.room.String(), Err: p})
}

// goDo runs what waits for something; a panic in it ends the stay.
func (s *stay) goDo(wait func()) {
	s.wg.Go(func() {
		defer guard.Recover(func(p *guard.Panic) {
			s.c.inbox.push(func(s *stay) { s.panicked(p) })
		})
		wait()
	})
}

// fail ends the stay. The first reason counts.
func (s *stay) fail(e *Error) {
	if s.failed == nil {
		s.failed = e
	}
}

// settle finds the state that we are in.
func (s *stay) settle() {
	switch {
	case s.phase == waiting:
		s.setState(Lobby)
	case s.back != nil:
		s.setState(Reconnecting)
	case s.phase != inRoom:
		s.setState(Connecting)
	case s.session != nil:
		s.setState(InSession)
	default:
		s.setState(Joined)
	}
}

func (s *stay) setState(state State) {
	if s.state != state {
		s.state = state
		s.emit(StateChanged{state})
	}
}

func (s *stay) emit(e Event) {
	s.pending = append(s.pending, e)
	s.changed = true
}

// publish makes the snapshot true and then tells the events, so that whoever hears of something sees it.
func (s *stay) publish() {
	if s.changed {
		s.c.snapshot.Store(s.snapshot())
		s.changed = false
	}
	for _, e := range s.pending {
		s.c.outbox.push(e)
	}
	s.pending = s.pending[:0]
}

func (s *stay) snapshot() *Snapshot {
	out := &Snapshot{
		State: s.state, EndpointID: s.cfg.EndpointID, Role: s.role, DominantSpeaker: s.speaker,
		Sources: s.sources.list(), ICEServers: s.services,
	}
	switch {
	case s.phase == inRoom:
		out.Participants = s.occupants.participants()
	case s.back != nil:
		out.Participants = s.back.before.participants()
	}
	return out
}

// send sends a stanza. Between two connections it does nothing: what it says is said anew on the next one.
func (s *stay) send(stanza any) {
	if s.client != nil {
		s.client.Send(stanza)
	}
}

// request asks and hands the answer to done, which runs in the owner's turn, unless the connection is given up before.
func (s *stay) request(to jid.JID, kind stanza.IQType, payload any, done func(*xmpp.IQ, error)) {
	if s.client == nil {
		s.log.Debugf("not connected: a request to %s is left out", to)
		return
	}
	attempt := s.attempt
	question := s.client.Ask(to, kind, payload)
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, requestTimeout)
		defer cancel()
		iq, err := question.Wait(ctx)
		s.c.inbox.push(func(s *stay) {
			if s.attempt == attempt {
				done(iq, err)
			}
		})
	})
}

// after runs task in the owner's turn when d has passed.
func (s *stay) after(d time.Duration, task func(*stay)) {
	s.goDo(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			s.c.inbox.push(task)
		case <-s.life.Done():
		}
	})
}

// later is after, for what concerns the present attempt to join alone.
func (s *stay) later(d time.Duration, task func(*stay)) {
	attempt := s.attempt
	s.after(d, func(s *stay) {
		if s.attempt == attempt {
			task(s)
		}
	})
}
