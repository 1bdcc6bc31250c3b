// Package focus plays Jicofo, the focus of Jitsi conferences, as recorded from a real one: it makes rooms on request,
// offers a media session to everybody once two are there, tells each of the others' sources, and ends what is over.
//
// One goroutine owns all state; stanzas, timers and calls of tests reach it as functions in a queue.
package focus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/logging"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/wsxmpp"
	"gstjitsi/tests/deployment/xmltree"
)

// Options says where the focus works and how it behaves.
type Options struct {
	WebSocketURL string // of the XMPP server
	Domain       string // of the deployment: the focus logs in at auth.Domain, rooms are at conference.Domain
	Password     string // of focus@auth.Domain
	Bridge       *bridge.Bridge
	Events       *events.Log
	Log          logging.LeveledLogger // may be nil

	AloneTimeout  time.Duration // until a participant alone loses its session; 20 s when zero, as recorded
	StartTimeout  time.Duration // until a room that nobody joins is left; 15 s when zero
	KeepBridge    time.Duration // for how long a killed bridge is taken for alive: see outage; not at all when zero
	StartMuted    bool          // everybody shall begin muted
	VNode         string        // sends everybody to this server for visitors; nobody when empty
	HostDomain    string        // only its users open rooms; everybody when empty
	NoJSONSources bool          // write sources as XML to those, too, who understand JSON
	NoMID         bool          // offer no MID extension, as docker-jitsi-meet does (recording nomid-a)
	OpusRED       bool          // offer redundant audio to those who announce it
	SSRCRewriting bool          // leave others' sources to the bridge for those who announce it (recordings e-rewriting)
}

// Focus is a running focus.
type Focus struct {
	opts   Options
	client *wsxmpp.Client
	log    logging.LeveledLogger
	queue  chan func()
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}

	// Owned by the goroutine of run.
	rooms   map[string]*room // by bare JID
	outage  outage
	caps    map[string]features
	pending map[string]func(answer *xmltree.Element) // by id of the request
	leaving map[string]int                           // rooms left whose last presence hasn't come yet
}

// Start logs in and serves until Close.
func Start(ctx context.Context, opts Options) (*Focus, error) {
	if opts.AloneTimeout == 0 {
		opts.AloneTimeout = 20 * time.Second
	}
	if opts.StartTimeout == 0 {
		opts.StartTimeout = 15 * time.Second
	}
	if opts.Log == nil {
		opts.Log = logging.NewDefaultLoggerFactory().NewLogger("focus")
	}
	client, err := wsxmpp.Dial(ctx, opts.WebSocketURL, "auth."+opts.Domain,
		wsxmpp.Login{User: "focus", Password: opts.Password, Resource: "focus"})
	if err != nil {
		return nil, fmt.Errorf("start the focus: %w", err)
	}
	f := &Focus{
		opts: opts, client: client, log: opts.Log,
		queue: make(chan func(), 64), done: make(chan struct{}),
		rooms: map[string]*room{}, caps: map[string]features{},
		pending: map[string]func(*xmltree.Element){}, leaving: map[string]int{},
	}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	// Without presence Prosody routes no stanzas for the bare JID to this session.
	if err := client.Send(ctx, xmltree.New(wsxmpp.NSClient, "presence")); err != nil {
		client.Close(ctx)
		return nil, fmt.Errorf("start the focus: %w", err)
	}
	go f.run()
	go f.receive()
	return f, nil
}

// Close leaves everything at once.
func (f *Focus) Close() {
	f.cancel()
	<-f.done
}

// JID is the focus' full address.
func (f *Focus) JID() string { return f.client.JID }

func (f *Focus) mucDomain() string { return "conference." + f.opts.Domain }

func (f *Focus) run() {
	defer close(f.done)
	for {
		select {
		case action := <-f.queue:
			action()
		case <-f.ctx.Done():
			for _, r := range f.rooms {
				r.stopTimers()
				r.endBridgeConference()
			}
			f.client.Close(context.Background())
			return
		}
	}
}

// do runs an action in the goroutine that owns the state.
func (f *Focus) do(action func()) {
	select {
	case f.queue <- action:
	case <-f.ctx.Done():
	}
}

var errClosed = errors.New("the focus is closed")

// call runs an action and waits for its result.
func (f *Focus) call(action func() error) error {
	result := make(chan error, 1)
	f.do(func() { result <- action() })
	select {
	case err := <-result:
		return err
	case <-f.ctx.Done():
		return errClosed
	}
}

// after runs an action later, in the goroutine that owns the state.
func (f *Focus) after(d time.Duration, action func()) *time.Timer {
	return time.AfterFunc(d, func() { f.do(action) })
}

func (f *Focus) receive() {
	for {
		stanza, err := f.client.Receive(f.ctx)
		if err != nil {
			if f.ctx.Err() == nil {
				f.log.Errorf("the connection to the XMPP server is lost: %v", err)
			}
			return
		}
		f.do(func() { f.handle(stanza) })
	}
}

func (f *Focus) handle(stanza *xmltree.Element) {
	f.log.Tracef("received %s", stanza)
	switch stanza.Name {
	case "presence":
		f.handlePresence(stanza)
	case "iq":
		switch stanza.Attr("type") {
		case "get", "set":
			f.handleRequest(stanza)
		default:
			if answered := f.pending[stanza.Attr("id")]; answered != nil {
				delete(f.pending, stanza.Attr("id"))
				answered(stanza)
			}
		}
	}
}

func (f *Focus) send(stanza *xmltree.Element) {
	f.log.Tracef("send %s", stanza)
	if err := f.client.Send(f.ctx, stanza); err != nil && f.ctx.Err() == nil {
		f.log.Errorf("%v", err)
	}
}

// answerTimeout is how long a participant has for its answer to a request.
const answerTimeout = 15 * time.Second

// ask sends a request. The answer, a result or an error, goes to answered; nil when none came in time.
func (f *Focus) ask(kind, to string, payload *xmltree.Element, answered func(*xmltree.Element)) {
	id := f.client.ID()
	f.pending[id] = answered
	f.after(answerTimeout, func() {
		if answered := f.pending[id]; answered != nil {
			delete(f.pending, id)
			answered(nil)
		}
	})
	f.send(xmltree.New(wsxmpp.NSClient, "iq", "to", to, "type", kind, "id", id).Add(payload))
}

func (f *Focus) answer(request *xmltree.Element, payload ...*xmltree.Element) {
	f.send(xmltree.New(wsxmpp.NSClient, "iq", "to", request.Attr("from"), "type", "result", "id", request.Attr("id")).Add(payload...))
}

const nsStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"

// refuse answers with an error. As recorded (f2-bob) the error comes first and the request's content after it.
func (f *Focus) refuse(request *xmltree.Element, kind, condition, why string) {
	from := request.Attr("from")
	f.log.Warnf("refused a request of %s: %s", from, why)
	f.event(events.Event{Kind: events.Refused, Room: localPart(from), Endpoint: resource(from), Detail: why})
	answer := xmltree.New(wsxmpp.NSClient, "iq", "to", from, "type", "error", "id", request.Attr("id"))
	answer.Add(xmltree.New("", "error", "type", kind).Add(xmltree.New(nsStanzas, condition)))
	f.send(answer.Add(request.Children...))
}

func (f *Focus) event(e events.Event) {
	if f.opts.Events != nil {
		f.opts.Events.Add(e)
	}
}

// codecFeatures is what the offer depends on, of an endpoint and of the deployment.
func (f *Focus) codecFeatures(have features) codec.Features {
	rewriting := f.opts.SSRCRewriting && have["http://jitsi.org/ssrc-rewriting-1"]
	return codec.Features{
		RTX:           have["urn:ietf:rfc:4588"],
		TransportCC:   have["http://jitsi.org/tcc"],
		MID:           !f.opts.NoMID,
		RED:           f.opts.OpusRED && have["http://jitsi.org/opus-red"],
		SSRCRewriting: rewriting,
		MIDDemux:      rewriting && !f.opts.NoMID && have["http://jitsi.org/rtp-mid-demux"],
	}
}
