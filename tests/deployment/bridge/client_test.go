package bridge

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/codec"
	"gstjitsi/tests/deployment/dtlssrtp"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/deployment/source"
)

// stage is a bridge with one conference, and clients in it.
type stage struct {
	t          *testing.T
	ctx        context.Context
	bridge     *Bridge
	conference *Conference
	log        *events.Log
	base       string
}

func newStage(t *testing.T, opts Options) *stage {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	log := &events.Log{}
	opts.Events = log
	b, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b)
	base := "ws" + strings.TrimPrefix(server.URL, "http")
	b.SetChannelBase(base)
	t.Cleanup(func() {
		cancel()
		b.Close()
		server.CloseClientConnections()
		server.Close()
	})
	return &stage{t: t, ctx: ctx, bridge: b, conference: b.NewConference("room"), log: log, base: base}
}

func (s *stage) waitFor(match func(events.Event) bool) events.Event {
	s.t.Helper()
	e, err := s.log.WaitFor(s.ctx, match)
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func kind(k events.Kind) func(events.Event) bool {
	return func(e events.Event) bool { return e.Kind == k }
}

// client is a participant made of Pion's parts: either side of ICE and of DTLS.
type client struct {
	*stage
	id       string
	endpoint *Endpoint
	agent    *ice.Agent
	conn     *ice.Conn
	mu       sync.Mutex
	keys     *dtlssrtp.Keys // guarded by mu
	rtp      chan *rtp.Packet
	rtcp     chan rtcp.Packet
	sent     int // packets so far, for transport-wide numbers

	channel  *websocket.Conn
	messages chan string
	closed   *error // why the channel ended; read after messages is closed
}

type clientOptions struct {
	passive          bool
	controlling      bool // of ICE, which isn't for the answerer to be
	rsa              bool
	wrongFingerprint bool
	features         codec.Features
}

var allFeatures = codec.Features{RTX: true, TransportCC: true, MID: true}

// join makes a client and connects it.
func (s *stage) join(id string, opts clientOptions) *client {
	s.t.Helper()
	c := s.begin(id, opts)
	s.waitFor(func(e events.Event) bool { return e.Kind == events.MediaReady && e.Endpoint == id })
	return c
}

// begin makes a client and starts to connect it.
func (s *stage) begin(id string, opts clientOptions) *client {
	s.t.Helper()
	if opts.features == (codec.Features{}) {
		opts.features = allFeatures
	}
	endpoint, err := s.conference.AddEndpoint(id, opts.features)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &client{stage: s, id: id, endpoint: endpoint,
		rtp: make(chan *rtp.Packet, 1024), rtcp: make(chan rtcp.Packet, 1024)}

	own, err := dtlssrtp.NewCertificate()
	if err != nil {
		s.t.Fatal(err)
	}
	if opts.rsa {
		own = rsaCertificate(s.t)
	}
	if c.agent, err = ice.NewAgentWithOptions(ice.WithIncludeLoopback(),
		ice.WithIPFilter(func(ip net.IP) bool { return ip.IsLoopback() }),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled)); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.agent.Close() })
	gathered := make(chan struct{})
	c.agent.OnCandidate(func(candidate ice.Candidate) {
		if candidate == nil {
			close(gathered)
		}
	})
	if err := c.agent.GatherCandidates(); err != nil {
		s.t.Fatal(err)
	}
	<-gathered
	ufrag, pwd, err := c.agent.GetLocalUserCredentials()
	if err != nil {
		s.t.Fatal(err)
	}
	remote := RemoteTransport{Ufrag: ufrag, Pwd: pwd, Hash: "sha-256", Fingerprint: own.Fingerprint, Setup: "active"}
	if opts.passive {
		remote.Setup = "passive"
	}
	if opts.wrongFingerprint {
		remote.Fingerprint = strings.Repeat("00:", 31) + "00"
	}
	info := endpoint.Transport()
	if err := endpoint.Connect(remote); err != nil {
		s.t.Fatal(err)
	}
	go c.connect(info, own, opts)
	return c
}

func (c *client) connect(info TransportInfo, own *dtlssrtp.Certificate, opts clientOptions) {
	passive := opts.passive
	candidate, err := ice.NewCandidateHost(&ice.CandidateHostConfig{
		Network: "udp", Address: info.Candidates[0].IP, Port: info.Candidates[0].Port, Component: 1})
	if err != nil {
		c.t.Error(err)
		return
	}
	if err := c.agent.AddRemoteCandidate(candidate); err != nil {
		c.t.Error(err)
		return
	}
	connect := c.agent.Accept
	if opts.controlling {
		connect = c.agent.Dial
	}
	if c.conn, err = connect(c.ctx, info.Ufrag, info.Pwd); err != nil {
		return // the test is over
	}
	queue := dtlssrtp.NewQueue(func(p []byte) error {
		_, err := c.conn.Write(p)
		return err
	})
	media := make(chan []byte, 1024)
	go func() {
		buf := make([]byte, 2048)
		for {
			n, err := c.conn.Read(buf)
			if err != nil {
				queue.Close()
				close(media)
				return
			}
			if packet := append([]byte(nil), buf[:n]...); packet[0] < 64 {
				queue.Push(packet)
			} else {
				media <- packet
			}
		}
	}()
	var conn *dtls.Conn
	if passive {
		conn, err = dtls.ServerWithOptions(queue, dtlssrtp.Peer{}, dtls.WithCertificates(own.TLS), dtls.WithClientAuth(dtls.RequireAnyClientCert),
			dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80))
	} else {
		conn, err = dtls.ClientWithOptions(queue, dtlssrtp.Peer{}, dtls.WithCertificates(own.TLS), dtls.WithInsecureSkipVerify(true),
			dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80))
	}
	if err == nil {
		err = conn.HandshakeContext(c.ctx)
	}
	if err != nil {
		return // seen on the bridge's side, as an event
	}
	keys, err := dtlssrtp.NewKeys(conn, !passive)
	if err != nil {
		c.t.Error(err)
		return
	}
	c.mu.Lock()
	c.keys = keys
	c.mu.Unlock()
	for packet := range media {
		c.take(keys, packet)
	}
}

func (c *client) take(keys *dtlssrtp.Keys, packet []byte) {
	if packet[1] >= 192 && packet[1] <= 223 {
		plain, err := keys.DecryptRTCP(packet)
		if err != nil {
			c.t.Errorf("%s: %v", c.id, err)
			return
		}
		all, err := rtcp.Unmarshal(plain)
		if err != nil {
			c.t.Errorf("%s: %v", c.id, err)
		}
		for _, p := range all {
			c.rtcp <- p
		}
		return
	}
	plain, err := keys.DecryptRTP(packet)
	if err != nil {
		c.t.Errorf("%s: %v", c.id, err)
		return
	}
	p := &rtp.Packet{}
	if err := p.Unmarshal(plain); err != nil {
		c.t.Errorf("%s: %v", c.id, err)
		return
	}
	c.rtp <- p
}

// regather makes the agent connect again after Restart.
func (c *client) regather(info TransportInfo) {
	c.t.Helper()
	if err := c.agent.OnCandidate(func(ice.Candidate) {}); err != nil {
		c.t.Fatal(err)
	}
	if err := c.agent.GatherCandidates(); err != nil {
		c.t.Fatal(err)
	}
	if err := c.agent.SetRemoteCredentials(info.Ufrag, info.Pwd); err != nil {
		c.t.Fatal(err)
	}
	candidate, err := ice.NewCandidateHost(&ice.CandidateHostConfig{
		Network: "udp", Address: info.Candidates[0].IP, Port: info.Candidates[0].Port, Component: 1})
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.agent.AddRemoteCandidate(candidate); err != nil {
		c.t.Fatal(err)
	}
}

// ownKeys waits for the client's side of the handshake, which ends after the bridge's when the client is passive.
func (c *client) ownKeys() *dtlssrtp.Keys {
	c.t.Helper()
	for {
		c.mu.Lock()
		keys := c.keys
		c.mu.Unlock()
		if keys != nil {
			return keys
		}
		select {
		case <-c.ctx.Done():
			c.t.Fatal("the client's DTLS doesn't end")
		case <-time.After(time.Millisecond):
		}
	}
}

// send gives a packet the extensions that a good client puts on it, and sends it.
func (c *client) send(p *rtp.Packet, extensions ...func(*rtp.Header)) {
	c.t.Helper()
	p.Version = 2
	c.sent++
	if err := p.Header.SetExtension(idTransportCC, []byte{byte(c.sent >> 8), byte(c.sent)}); err != nil {
		c.t.Fatal(err)
	}
	for _, extension := range extensions {
		extension(&p.Header)
	}
	raw, err := p.Marshal()
	if err != nil {
		c.t.Fatal(err)
	}
	encrypted, err := c.ownKeys().EncryptRTP(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write(encrypted); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) sendRTCP(packets ...rtcp.Packet) {
	c.t.Helper()
	raw, err := rtcp.Marshal(packets)
	if err != nil {
		c.t.Fatal(err)
	}
	encrypted, err := c.ownKeys().EncryptRTCP(raw)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write(encrypted); err != nil {
		c.t.Fatal(err)
	}
}

// openChannel connects the bridge channel.
func (c *client) openChannel() {
	c.t.Helper()
	conn, _, err := websocket.Dial(c.ctx, c.endpoint.Transport().WebSocketURL, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	messages := make(chan string, 256)
	closed := new(error)
	c.channel, c.messages, c.closed = conn, messages, closed
	go func() {
		for {
			_, data, err := conn.Read(c.ctx)
			if err != nil {
				*closed = err
				close(messages)
				return
			}
			messages <- string(data)
		}
	}()
}

func (c *client) say(message string) {
	c.t.Helper()
	if err := c.channel.Write(c.ctx, websocket.MessageText, []byte(message)); err != nil {
		c.t.Fatal(err)
	}
}

// hears waits for a message that has all of the parts.
func (c *client) hears(parts ...string) string {
	c.t.Helper()
	for {
		select {
		case message, open := <-c.messages:
			if !open {
				c.t.Fatalf("%s: the channel closed while waiting for %q", c.id, parts)
			}
			if containsAll(message, parts) {
				return message
			}
		case <-c.ctx.Done():
			c.t.Fatalf("%s doesn't hear %q", c.id, parts)
		}
	}
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// gets waits for a packet that matches.
func (c *client) gets(match func(*rtp.Packet) bool) *rtp.Packet {
	c.t.Helper()
	for {
		select {
		case p := <-c.rtp:
			if match(p) {
				return p
			}
		case <-c.ctx.Done():
			c.t.Fatalf("%s: no such packet; events:\n%s", c.id, c.log)
		}
	}
}

// getsRTCP waits for a packet of type T that matches.
func getsRTCP[T rtcp.Packet](c *client, match func(T) bool) T {
	c.t.Helper()
	for {
		select {
		case p := <-c.rtcp:
			if typed, ok := p.(T); ok && match(typed) {
				return typed
			}
		case <-c.ctx.Done():
			c.t.Fatalf("%s: no such RTCP packet; events:\n%s", c.id, c.log)
		}
	}
}

// The sources of a client, by its number: audio n01, video n02 with retransmissions n03.
func sourcesOf(id string, n uint32) source.Set {
	return source.Set{
		Owner: id,
		Audio: source.List{Sources: []source.Source{{SSRC: n*100 + 1, Name: id + "-a0"}}},
		Video: source.List{
			Sources: []source.Source{{SSRC: n*100 + 2, Name: id + "-v0", VideoType: "camera"}, {SSRC: n*100 + 3, Name: id + "-v0", VideoType: "camera"}},
			Groups:  []source.Group{{Semantics: source.FID, SSRCs: []uint32{n*100 + 2, n*100 + 3}}},
		},
	}
}

// vp8 makes a packet that is a whole frame.
func vp8(ssrc uint32, seq uint16, key bool) *rtp.Packet {
	payload := []byte{0x10, 0x01, byte(seq >> 8), byte(seq)}
	if key {
		payload[1] = 0x00
	}
	return &rtp.Packet{Header: rtp.Header{PayloadType: 100, SSRC: ssrc, SequenceNumber: seq, Timestamp: uint32(seq) * 3000, Marker: true}, Payload: payload}
}

func opus(ssrc uint32, seq uint16) *rtp.Packet {
	return &rtp.Packet{Header: rtp.Header{PayloadType: 111, SSRC: ssrc, SequenceNumber: seq, Timestamp: uint32(seq) * 960}, Payload: []byte{0xfc, 1, 2}}
}

func level(l byte) func(*rtp.Header) {
	return func(h *rtp.Header) {
		if err := h.SetExtension(idAudioLevel, []byte{l}); err != nil {
			panic(fmt.Sprint("audio level: ", err))
		}
	}
}

func rsaCertificate(t *testing.T) *dtlssrtp.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "client"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &dtlssrtp.Certificate{TLS: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, Fingerprint: dtlssrtp.Fingerprint(der)}
}
