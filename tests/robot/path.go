package robot

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/logging"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment/dtlssrtp"
)

// path is the media connection to the bridge: ICE below, DTLS for the keys, SRTP for the media.
type path struct {
	agent *ice.Agent
	own   *dtlssrtp.Certificate
	local jingle.Transport

	stop    context.CancelFunc
	running sync.WaitGroup
	receive func(packet []byte, rtcp bool) // decrypted

	mu   sync.Mutex
	conn *ice.Conn // nil until ICE is up
	keys *dtlssrtp.Keys
}

// newPath gathers; address is the only one that it uses.
func newPath(address netip.Addr, loggers logging.LoggerFactory, receive func([]byte, bool)) (*path, error) {
	own, err := dtlssrtp.NewCertificate()
	if err != nil {
		return nil, err
	}
	agent, err := ice.NewAgentWithOptions(ice.WithIncludeLoopback(),
		ice.WithIPFilter(func(ip net.IP) bool { return ip.Equal(address.AsSlice()) }),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithLoggerFactory(loggers))
	if err != nil {
		return nil, err
	}
	p := &path{agent: agent, own: own, receive: receive, stop: func() {}}
	if err := p.gather(); err != nil {
		agent.Close()
		return nil, err
	}
	return p, nil
}

func (p *path) gather() error {
	gathered := make(chan struct{})
	if err := p.agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			close(gathered)
		}
	}); err != nil {
		return err
	}
	if err := p.agent.GatherCandidates(); err != nil {
		return err
	}
	<-gathered
	ufrag, pwd, err := p.agent.GetLocalUserCredentials()
	p.local = jingle.Transport{Ufrag: ufrag, Pwd: pwd, Fingerprint: jingle.Fingerprint{Hash: "sha-256", Value: p.own.Fingerprint, Setup: "active"}}
	return err
}

// connect goes on until close; ready is called when media can be sent.
func (p *path) connect(remote jingle.Transport, ready func(), failed func(error)) {
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.running.Go(func() {
		if err := p.run(ctx, remote, ready); err != nil && ctx.Err() == nil {
			failed(err)
		}
	})
}

func (p *path) run(ctx context.Context, remote jingle.Transport, ready func()) error {
	for _, c := range remote.Candidates {
		if c.Protocol != "udp" || c.Type != "host" || !c.Addr.Addr().Is4() {
			continue
		}
		candidate, err := ice.NewCandidateHost(&ice.CandidateHostConfig{
			Network: "udp", Address: c.Addr.Addr().String(), Port: int(c.Addr.Port()), Component: 1})
		if err != nil {
			return err
		}
		if err := p.agent.AddRemoteCandidate(candidate); err != nil {
			return err
		}
	}
	conn, err := p.agent.Accept(ctx, remote.Ufrag, remote.Pwd)
	if err != nil {
		return fmt.Errorf("ICE: %w", err)
	}
	queue := dtlssrtp.NewQueue(func(packet []byte) error {
		_, err := conn.Write(packet)
		return err
	})
	p.running.Go(func() { p.read(conn, queue) })
	secure, err := dtls.ClientWithOptions(queue, dtlssrtp.Peer{}, dtls.WithCertificates(p.own.TLS),
		dtls.WithInsecureSkipVerify(true), // a robot trusts the deployment of its own test
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80))
	if err != nil {
		return err
	}
	if err := secure.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	keys, err := dtlssrtp.NewKeys(secure, true)
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.conn, p.keys = conn, keys
	p.mu.Unlock()
	ready()
	return nil
}

// read sorts what arrives into DTLS and media (RFC 7983), and media into RTP and RTCP (RFC 5761).
func (p *path) read(conn *ice.Conn, queue *dtlssrtp.Queue) {
	defer queue.Close()
	buf := make([]byte, 2048)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		if n < 2 {
			continue
		}
		if buf[0] < 64 {
			queue.Push(buf[:n])
			continue
		}
		p.mu.Lock()
		keys := p.keys
		p.mu.Unlock()
		if keys == nil {
			continue
		}
		isRTCP := buf[1] >= 192 && buf[1] <= 223
		open := keys.DecryptRTP
		if isRTCP {
			open = keys.DecryptRTCP
		}
		if plain, err := open(buf[:n]); err == nil {
			p.receive(plain, isRTCP)
		}
	}
}

// sendRTP does nothing before the path is ready.
func (p *path) sendRTP(packet []byte) error {
	return p.send(packet, func(k *dtlssrtp.Keys) ([]byte, error) { return k.EncryptRTP(packet) })
}

func (p *path) sendRTCP(packet []byte) error {
	return p.send(packet, func(k *dtlssrtp.Keys) ([]byte, error) { return k.EncryptRTCP(packet) })
}

func (p *path) send(packet []byte, encrypt func(*dtlssrtp.Keys) ([]byte, error)) error {
	p.mu.Lock()
	conn, keys := p.conn, p.keys
	p.mu.Unlock()
	if keys == nil {
		return nil
	}
	encrypted, err := encrypt(keys)
	if err != nil {
		return err
	}
	_, err = conn.Write(encrypted)
	return err
}

func (p *path) close() {
	p.stop()
	p.agent.Close()
	p.running.Wait()
}
