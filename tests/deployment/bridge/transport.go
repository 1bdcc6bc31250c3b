package bridge

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"

	"gstjitsi/tests/deployment/dtlssrtp"
)

// transport is the media connection of an endpoint: ICE below, DTLS for the keys, SRTP for the media.
type transport struct {
	network     network
	loggers     logging.LoggerFactory
	certificate *dtlssrtp.Certificate
	events      transportEvents

	ctx    context.Context
	cancel context.CancelFunc
	dtls   *dtlssrtp.Queue

	mu         sync.Mutex
	current    *path
	next       *path // while ICE restarts
	generation int
	started    bool
	setup      string // the bridge's role once it is known
	keys       *dtlssrtp.Keys
}

// transportEvents is whom a transport tells. The functions are called without a lock.
type transportEvents struct {
	rtp       func(packet []byte) // decrypted; only valid during the call
	rtcp      func(packet []byte)
	connected func()
	lost      func(state string)
	ready     func(clientRole string)
	refused   func(err error)
	admit     func() error // whether the next DTLS handshake may succeed
}

func newTransport(network network, loggers logging.LoggerFactory, certificate *dtlssrtp.Certificate, events transportEvents) (*transport, error) {
	t := &transport{network: network, loggers: loggers, certificate: certificate, events: events, setup: "actpass"}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.dtls = dtlssrtp.NewQueue(t.write)
	var err error
	if t.current, err = newPath(network, loggers, t.stateChanged); err != nil {
		return nil, fmt.Errorf("make an ICE agent: %w", err)
	}
	return t, nil
}

func (t *transport) stateChanged(state ice.ConnectionState) {
	switch state {
	case ice.ConnectionStateDisconnected, ice.ConnectionStateFailed:
		t.events.lost(state.String())
	}
}

// connect starts ICE and then DTLS with the client's side of the transport.
func (t *transport) connect(remote RemoteTransport) error {
	var bridgeIsServer bool
	switch remote.Setup {
	case "active":
		bridgeIsServer = true
	case "passive":
	default:
		return fmt.Errorf("setup of the client is %q, neither active nor passive", remote.Setup)
	}
	if remote.Fingerprint == "" {
		return errors.New("no fingerprint from the client")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.started {
		return errors.New("the transport is started already")
	}
	t.started = true
	t.setup = "active"
	if bridgeIsServer {
		t.setup = "passive"
	}
	p := t.current
	if err := p.begin(remote); err != nil {
		return fmt.Errorf("start ICE: %w", err)
	}
	// Reading begins before ICE is done: a ClientHello that comes with the last check waits in the queue.
	go p.read(t.received)
	go t.establish(p, remote, bridgeIsServer)
	return nil
}

func (t *transport) establish(p *path, remote RemoteTransport, bridgeIsServer bool) {
	if err := p.connected(t.ctx); err != nil {
		return // closed, or ICE has failed and said so
	}
	t.events.connected()
	conn, err := t.handshake(remote, bridgeIsServer)
	if err != nil {
		if t.ctx.Err() == nil {
			t.events.refused(err)
		}
		return
	}
	const window = 128
	keys, err := dtlssrtp.NewKeys(conn, !bridgeIsServer, srtp.SRTPReplayProtection(window), srtp.SRTCPReplayProtection(window))
	if err != nil {
		t.events.refused(err)
		return
	}
	t.mu.Lock()
	t.keys = keys
	t.mu.Unlock()
	role := "passive"
	if bridgeIsServer {
		role = "active"
	}
	t.events.ready(role)
	// DTLS has nothing more to say, but its alerts must be read.
	buf := make([]byte, 2048)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}

// handshakeTimeout is longer than any client's patience.
const handshakeTimeout = 30 * time.Second

func (t *transport) handshake(remote RemoteTransport, bridgeIsServer bool) (*dtls.Conn, error) {
	ctx, cancel := context.WithTimeout(t.ctx, handshakeTimeout)
	defer cancel()
	common := []dtls.Option{
		dtls.WithCertificates(t.certificate.TLS),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithInsecureSkipVerify(true), // the fingerprint is what counts
		dtls.WithVerifyPeerCertificate(verifier(remote, bridgeIsServer, t.events.admit)),
		dtls.WithFlightInterval(200 * time.Millisecond),
		dtls.WithLoggerFactory(t.loggers),
	}
	var conn *dtls.Conn
	var err error
	if bridgeIsServer {
		options := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerifyHello(true)}
		for _, option := range common {
			options = append(options, option)
		}
		conn, err = dtls.ServerWithOptions(t.dtls, dtlssrtp.Peer{}, options...)
	} else {
		var options []dtls.ClientOption
		for _, option := range common {
			options = append(options, option)
		}
		conn, err = dtls.ClientWithOptions(t.dtls, dtlssrtp.Peer{}, options...)
	}
	if err != nil {
		return nil, fmt.Errorf("DTLS: %w", err)
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("DTLS handshake: %w", err)
	}
	return conn, nil
}

// received sorts packets by their first byte (RFC 7983) and RTCP by its type (RFC 5761).
func (t *transport) received(packet []byte) {
	switch {
	case len(packet) < 2:
	case packet[0] >= 20 && packet[0] <= 63:
		t.dtls.Push(packet)
	case packet[0] >= 128 && packet[0] <= 191:
		keys := t.sessionKeys()
		if keys == nil {
			return
		}
		if packet[1] >= 192 && packet[1] <= 223 {
			if plain, err := keys.DecryptRTCP(packet); err == nil {
				t.events.rtcp(plain)
			}
			return
		}
		if plain, err := keys.DecryptRTP(packet); err == nil {
			t.events.rtp(plain)
		}
	}
}

func (t *transport) sessionKeys() *dtlssrtp.Keys {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keys
}

func (t *transport) write(packet []byte) error {
	t.mu.Lock()
	p := t.current
	t.mu.Unlock()
	return p.write(packet)
}

var errNotReady = errors.New("DTLS isn't done")

// sendRTP encrypts and sends a packet.
func (t *transport) sendRTP(packet []byte) error {
	keys := t.sessionKeys()
	if keys == nil {
		return errNotReady
	}
	encrypted, err := keys.EncryptRTP(packet)
	if err != nil {
		return err
	}
	return t.write(encrypted)
}

// sendRTCP encrypts and sends a compound packet.
func (t *transport) sendRTCP(packet []byte) error {
	keys := t.sessionKeys()
	if keys == nil {
		return errNotReady
	}
	encrypted, err := keys.EncryptRTCP(packet)
	if err != nil {
		return err
	}
	return t.write(encrypted)
}

// restart makes new credentials. The old path serves until update brings the client's new ones and they connect.
func (t *transport) restart() error {
	next, err := newPath(t.network, t.loggers, t.stateChanged)
	if err != nil {
		return fmt.Errorf("make an ICE agent: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		t.next.close()
	}
	t.next = next
	t.generation++
	return nil
}

// update takes a transport-info of the client: more candidates, or the answer to a restart.
func (t *transport) update(remote RemoteTransport) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.next
	if p == nil {
		if !t.started {
			return errors.New("transport-info before session-accept")
		}
		return t.current.addCandidates(remote.Candidates)
	}
	if p.conn != nil {
		return p.addCandidates(remote.Candidates)
	}
	if err := p.begin(remote); err != nil {
		return fmt.Errorf("restart ICE: %w", err)
	}
	go p.read(t.received)
	go func() {
		if p.connected(t.ctx) != nil {
			return
		}
		t.mu.Lock()
		old := t.current
		current := t.next == p
		if current {
			t.current, t.next = p, nil
		}
		t.mu.Unlock()
		if current {
			old.close()
			t.events.connected()
		}
	}()
	return nil
}

// credentials gives the newest local ones.
func (t *transport) credentials() (ufrag, pwd string, generation int, setup string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.current
	if t.next != nil {
		p = t.next
	}
	return p.ufrag, p.pwd, t.generation, t.setup
}

func (t *transport) close() {
	t.cancel()
	_ = t.dtls.Close() // can't fail
	t.mu.Lock()
	paths := []*path{t.current, t.next}
	t.keys = nil
	t.mu.Unlock()
	for _, p := range paths {
		if p != nil {
			p.close()
		}
	}
}
