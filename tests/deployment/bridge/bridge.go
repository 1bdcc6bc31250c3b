// Package bridge plays Jitsi Videobridge: it takes in each participant's audio and video and sends it on to the
// others, as far as they ask for it on the bridge channel.
//
// It is built of Pion's parts (ICE, DTLS, SRTP) and not of its PeerConnections, for everything that a client can get
// wrong shall be seen here: who starts DTLS with which certificate, which SSRCs come unannounced, which header
// extensions are missing, which request has an unknown field. Packets keep their SSRC, and their sequence numbers
// as long as nothing is left out.
//
// A conference's state has one lock, Conference.mu; packets are forwarded under it. Nothing that blocks happens there:
// sockets take packets at once and channels have queues.
package bridge

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"

	"gstjitsi/tests/deployment/dtlssrtp"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// Options says how a bridge is set up.
type Options struct {
	Address           netip.Addr // of media; 127.0.0.1 when it is not valid
	ChannelBase       string     // scheme, host and port of the channels' URLs, such as ws://localhost:8443
	WrongFingerprint  bool       // announce a fingerprint that isn't the certificate's
	WithheldPackets   int        // so many of each video don't reach a receiver at its beginning, as if it did not know the source yet
	RefusedHandshakes int        // so many DTLS handshakes are refused with an alert
	SSRCLimit         int        // of each medium to a receiver with SSRC rewriting; 50 when 0
	Events            *events.Log
	LoggerFactory     logging.LoggerFactory
}

// Bridge is a running bridge.
type Bridge struct {
	opts        Options
	certificate *dtlssrtp.Certificate
	log         logging.LeveledLogger
	impairment  impairment
	refusals    atomic.Int64 // DTLS handshakes that are still to be refused

	mu          sync.Mutex
	socket      *socket
	mux         *ice.UDPMuxDefault
	conferences map[string]*Conference
	dead        bool
}

// New starts a bridge.
func New(opts Options) (*Bridge, error) {
	if !opts.Address.IsValid() {
		opts.Address = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if opts.LoggerFactory == nil {
		opts.LoggerFactory = logging.NewDefaultLoggerFactory()
	}
	if opts.SSRCLimit == 0 {
		opts.SSRCLimit = usualSlots
	}
	if opts.Events == nil {
		opts.Events = &events.Log{}
	}
	certificate, err := dtlssrtp.NewCertificate()
	if err != nil {
		return nil, fmt.Errorf("start the bridge: %w", err)
	}
	b := &Bridge{
		opts: opts, certificate: certificate, log: opts.LoggerFactory.NewLogger("bridge"),
		conferences: map[string]*Conference{},
	}
	b.refusals.Store(int64(opts.RefusedHandshakes))
	if err := b.listen(); err != nil {
		return nil, fmt.Errorf("start the bridge: %w", err)
	}
	return b, nil
}

// listen opens the one UDP port that all endpoints share, as JVB's port 10000.
func (b *Bridge) listen() error {
	udp, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(b.opts.Address, 0)))
	if err != nil {
		return err
	}
	b.socket = newSocket(udp, &b.impairment)
	b.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: b.socket, Logger: b.opts.LoggerFactory.NewLogger("ice")})
	return nil
}

// SetChannelBase changes the start of the channels' URLs for endpoints that come later.
func (b *Bridge) SetChannelBase(base string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opts.ChannelBase = base
}

// MediaAddress is where media is exchanged.
func (b *Bridge) MediaAddress() netip.AddrPort {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.socket.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Available says whether the focus can use the bridge.
func (b *Bridge) Available() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.dead
}

// NewConference makes a conference for a room.
func (b *Bridge) NewConference(room string) *Conference {
	c := &Conference{
		bridge: b, id: randomHex(8), room: room, log: b.log,
		endpoints: map[string]*Endpoint{}, ssrcs: map[uint32]origin{}, unknown: map[uint32]bool{},
		stop: make(chan struct{}), started: time.Now(),
		own: source.Set{
			Owner: "jvb",
			Video: source.List{Sources: []source.Source{{SSRC: randomSSRC(), Name: "jvb-v0", MSID: "mixedmslabel mixedlabelvideo0", VideoType: ""}}},
			Audio: source.List{Sources: []source.Source{{SSRC: randomSSRC(), Name: "jvb-a0", MSID: "mixedmslabel mixedlabelaudio0"}}},
		},
	}
	b.mu.Lock()
	b.conferences[c.id] = c
	b.mu.Unlock()
	go c.housekeeping()
	return c
}

func (b *Bridge) conference(id string) *Conference {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conferences[id]
}

func (b *Bridge) all() []*Conference {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*Conference
	for _, c := range b.conferences {
		all = append(all, c)
	}
	return all
}

func (b *Bridge) forget(c *Conference) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conferences, c.id)
}

// Close ends everything.
func (b *Bridge) Close() {
	for _, c := range b.all() {
		c.Close()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mux.Close()
	b.socket.Close()
}

// Kill is what SIGKILL does to a bridge: media and channels end without a word (recording f-alice). The focus must be
// told that the bridge isn't available any more, or learn it when it asks.
func (b *Bridge) Kill() {
	b.mu.Lock()
	b.dead = true
	b.mux.Close()
	b.socket.Close()
	b.mu.Unlock()
	for _, c := range b.all() {
		c.die()
	}
}

// Revive starts a killed bridge again, without its conferences, on another port.
func (b *Bridge) Revive() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dead {
		return nil
	}
	if err := b.listen(); err != nil {
		return fmt.Errorf("start the bridge again: %w", err)
	}
	b.dead = false
	return nil
}

// Freeze stops all media, ICE's checks included, in both directions, or lets it flow again (recording f4-alice).
func (b *Bridge) Freeze(on bool) { b.impairment.freeze(on) }

func randomHex(bytes int) string {
	buf := make([]byte, bytes)
	_, _ = rand.Read(buf) // never fails
	return hex.EncodeToString(buf)
}

func randomSSRC() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return uint32(b[0]&0x7f)<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]) | 1
}
