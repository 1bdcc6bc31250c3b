// Package deployment runs a Jitsi deployment on this machine, for tests and for trying things out: a real Prosody, a
// focus that behaves as Jicofo and a bridge that behaves as Jitsi Videobridge in recordings of real ones, behind one
// HTTP port, so that http://localhost:PORT/Room is a meeting's address with the usual defaults.
//
// Everything is on loopback, on ports picked free; several deployments run side by side; Close leaves nothing behind.
package deployment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pion/logging"

	"gstjitsi/tests/deployment/bridge"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/focus"
	"gstjitsi/tests/deployment/prosody"
	"gstjitsi/tests/deployment/turn"
)

// Options says how the deployment is set up. The zero value is a usual one.
type Options struct {
	Domain       string     // of the XMPP server; "localhost" when empty
	Port         int        // of the front; picked free when 0
	Address      netip.Addr // where the front listens; 127.0.0.1 when not valid
	MediaAddress netip.Addr // where the bridge exchanges media; Address when not valid
	Host         string     // name or address in the URLs; "localhost" when empty and Address is loopback, else Address

	TLS bool // https and wss, with a certificate of an authority of its own: see CAFile

	Users         map[string]string // passwords by user name; when there are any, login is by password, not anonymous
	TURN          []string          // run a TURN server, and tell clients of it over these: udp, tcp, tls
	TURNLife      time.Duration     // of the credentials for it; a day when 0
	Services      []prosody.Service // STUN and TURN servers that clients are told of
	Guests        bool              // with users: others log in anonymously at a domain of their own
	HostsOnly     bool              // with guests: they may come into rooms, but not open any
	PlainOnly     bool              // passwords are taken by SASL PLAIN only
	TokenSecret   string            // lets nobody in but with a token of it: see Token
	Lobby         bool              // rooms for members only have one
	MaxOccupants  int               // of a room, the focus apart; no limit when 0
	ResumeTimeout time.Duration     // how long a lost XMPP stream can be resumed; 60 s when 0
	Config        map[string]any    // fields of config.js that differ from the defaults, or are added

	AloneTimeout      time.Duration // until a participant alone loses its session; 20 s when 0
	StartMuted        bool          // everybody shall begin muted: audio and video
	NoJSONSources     bool          // signal sources as XML to everybody
	NoMID             bool          // offer no MID header extension
	OpusRED           bool          // offer redundant audio (RFC 2198)
	SSRCRewriting     bool          // give SSRCs of their own to those who announce ssrc-rewriting-1, and MIDs with rtp-mid-demux
	SSRCLimit         int           // how many of each medium; 50 when 0
	WrongFingerprint  bool          // announce another DTLS fingerprint than the bridge's
	WithheldPackets   int           // so many packets of each video don't reach a receiver at its beginning, as if it did not know the source yet
	RefusedHandshakes int           // so many DTLS handshakes are refused with an alert
	VNode             string        // the focus sends everybody to this server for visitors
	NoFocus           bool          // begin, and stay, without a focus: no room can be entered
	ChannelBase       string        // announced for bridge channels, ws://host:port, in place of the front's
	NoBridge          bool          // begin without a bridge, as after KillBridge
	KeepBridge        time.Duration // for how long the focus takes a killed bridge for alive, 15 s on real servers; not at all when 0

	LoggerFactory logging.LoggerFactory // of front, focus and bridge; when nil Pion's, silent unless PION_LOG_* asks
}

// Deployment is a running deployment.
type Deployment struct {
	opts     Options
	events   *events.Log
	dir      string    // of the identity; empty without one
	identity *identity // nil without TLS
	turn     *turn.Server
	prosody  *prosody.Server
	bridge   *bridge.Bridge
	focus    *focus.Focus
	front    *front
}

// Start runs a deployment and returns when it can be used. The context limits the start only.
func Start(ctx context.Context, opts Options) (*Deployment, error) {
	if opts.Domain == "" {
		opts.Domain = "localhost"
	}
	if !opts.Address.IsValid() {
		opts.Address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if !opts.MediaAddress.IsValid() {
		opts.MediaAddress = opts.Address
	}
	if opts.Host == "" {
		opts.Host = opts.Address.String()
		if opts.Address.IsLoopback() {
			opts.Host = "localhost"
		}
	}
	if opts.LoggerFactory == nil {
		opts.LoggerFactory = quiet()
	}
	d := &Deployment{opts: opts, events: &events.Log{}}
	if err := d.start(ctx); err != nil {
		d.Close()
		return nil, fmt.Errorf("start the local deployment: %w", err)
	}
	return d, nil
}

// quiet is Pion's factory without its errors, unless the environment names a level for anything.
func quiet() logging.LoggerFactory {
	factory := logging.NewDefaultLoggerFactory()
	for _, setting := range os.Environ() {
		if strings.HasPrefix(setting, "PION_LOG_") || strings.HasPrefix(setting, "PIONS_LOG_") {
			return factory
		}
	}
	factory.DefaultLogLevel = logging.LogLevelDisabled
	return factory
}

func (d *Deployment) start(ctx context.Context) error {
	if err := d.startTURN(ctx); err != nil {
		return err
	}
	opts := d.opts
	var err error
	if d.prosody, err = prosody.Start(ctx, prosody.Options{
		Domain: opts.Domain, ResumeTimeout: opts.ResumeTimeout, Services: opts.Services, Users: opts.Users, Guests: opts.Guests, PlainOnly: opts.PlainOnly, TokenSecret: opts.TokenSecret, Lobby: opts.Lobby, MaxOccupants: opts.MaxOccupants,
	}); err != nil {
		return err
	}
	if d.bridge, err = bridge.New(bridge.Options{
		Address: opts.MediaAddress, WrongFingerprint: opts.WrongFingerprint, RefusedHandshakes: opts.RefusedHandshakes, WithheldPackets: opts.WithheldPackets, SSRCLimit: opts.SSRCLimit, Events: d.events, LoggerFactory: opts.LoggerFactory,
	}); err != nil {
		return err
	}
	if opts.NoBridge {
		d.bridge.Kill()
	}
	if d.front, err = newFront(d); err != nil {
		return err
	}
	d.bridge.SetChannelBase(cmp.Or(opts.ChannelBase, d.front.url("ws")))
	if opts.NoFocus {
		return nil
	}
	hosts := ""
	if opts.HostsOnly {
		hosts = opts.Domain
	}
	d.focus, err = focus.Start(ctx, focus.Options{
		HostDomain:   hosts,
		VNode:        opts.VNode,
		WebSocketURL: d.prosody.WebSocketURL(), Domain: opts.Domain, Password: d.prosody.FocusPassword(),
		Bridge: d.bridge, Events: d.events, Log: opts.LoggerFactory.NewLogger("focus"),
		AloneTimeout: opts.AloneTimeout, KeepBridge: opts.KeepBridge, StartMuted: opts.StartMuted, NoJSONSources: opts.NoJSONSources, NoMID: opts.NoMID, OpusRED: opts.OpusRED, SSRCRewriting: opts.SSRCRewriting,
	})
	return err
}

// Close ends the deployment and removes all its files.
func (d *Deployment) Close() error {
	if d.focus != nil {
		d.focus.Close()
	}
	if d.front != nil {
		d.front.close()
	}
	if d.bridge != nil {
		d.bridge.Close()
	}
	var failures []error
	if d.prosody != nil {
		failures = append(failures, d.prosody.Close())
	}
	if d.turn != nil {
		failures = append(failures, d.turn.Close())
	}
	if d.dir != "" {
		failures = append(failures, os.RemoveAll(d.dir))
	}
	return errors.Join(failures...)
}

// startTURN makes the certificate for TLS, where anything needs it, and runs a TURN server, where one is wanted.
func (d *Deployment) startTURN(ctx context.Context) error {
	if !d.opts.TLS && len(d.opts.TURN) == 0 {
		return nil
	}
	var err error
	if d.dir, err = os.MkdirTemp("", "jitsi-identity-"); err != nil {
		return err
	}
	if d.identity, err = newIdentity(d.dir, d.opts.Host); err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	if len(d.opts.TURN) == 0 {
		return nil
	}
	if d.turn, err = turn.Start(ctx, d.identity.certFile, d.identity.keyFile); err != nil {
		return err
	}
	for _, transport := range d.opts.TURN {
		service := prosody.Service{Type: "turn", Transport: transport, Host: "127.0.0.1", Port: d.turn.Port, Secret: d.turn.Secret, TTL: d.opts.TURNLife}
		if transport == "tls" {
			service.Type, service.Transport, service.Port = "turns", "tcp", d.turn.TLSPort
		}
		d.opts.Services = append(slices.Clone(d.opts.Services), service)
	}
	return nil
}

// TURN is the TURN server; nil where none was asked for.
func (d *Deployment) TURN() *turn.Server { return d.turn }

// URL is where meetings are: a room is at URL()/Room.
func (d *Deployment) URL() string { return d.front.url("http") }

// WebSocketURL is where XMPP clients connect.
func (d *Deployment) WebSocketURL() string { return d.front.url("ws") + "/xmpp-websocket" }

// CAFile is a file with the certificate of the authority that has signed the servers'; empty without TLS.
func (d *Deployment) CAFile() string {
	if d.identity == nil {
		return ""
	}
	return d.identity.caFile
}

// Domain is where participants log in.
func (d *Deployment) Domain() string { return d.opts.Domain }

// MUCDomain is the component of the rooms.
func (d *Deployment) MUCDomain() string { return d.prosody.MUCDomain() }

// FocusDomain is the component that conference requests go to.
func (d *Deployment) FocusDomain() string { return d.prosody.FocusDomain() }

// FocusJID is the bare JID of the focus' account.
func (d *Deployment) FocusJID() string { return d.prosody.FocusUser() }

// MediaAddress is where the bridge exchanges media.
func (d *Deployment) MediaAddress() netip.AddrPort { return d.bridge.MediaAddress() }

// ServerLog is what Prosody has logged.
func (d *Deployment) ServerLog() string { return d.prosody.Log() }

// Events gives everything that has happened so far.
func (d *Deployment) Events() []events.Event { return d.events.All() }

// EventLog is the live record of what happens.
func (d *Deployment) EventLog() *events.Log { return d.events }

// WaitFor gives the first event that matches, of those that have happened or will. When the context ends first, the
// error lists what has happened.
func (d *Deployment) WaitFor(ctx context.Context, match func(events.Event) bool) (events.Event, error) {
	return d.events.WaitFor(ctx, match)
}

// WaitForNth gives the nth event that matches.
func (d *Deployment) WaitForNth(ctx context.Context, n int, match func(events.Event) bool) (events.Event, error) {
	return d.events.WaitForNth(ctx, n, match)
}

// Kind matches events of one kind, and with endpoint ids those about one of these.
func Kind(kind events.Kind, endpoints ...string) func(events.Event) bool {
	return func(e events.Event) bool {
		if e.Kind != kind {
			return false
		}
		for _, endpoint := range endpoints {
			if e.Endpoint == endpoint {
				return true
			}
		}
		return len(endpoints) == 0
	}
}
