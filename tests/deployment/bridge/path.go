package bridge

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
)

// path is one generation of an ICE connection. An ICE restart makes a new one beside it, so that media goes on
// until that is connected (recording i-alice).
type path struct {
	network network
	agent   *ice.Agent
	conn    *ice.Conn
	ufrag   string
	pwd     string
}

// network is what all endpoints share.
type network struct {
	mux    ice.UDPMux
	socket *socket
}

func newPath(network network, loggers logging.LoggerFactory, changed func(ice.ConnectionState)) (*path, error) {
	p := &path{network: network, ufrag: randomHex(7), pwd: randomHex(13)}
	agent, err := ice.NewAgentWithOptions(
		ice.WithUDPMux(network.mux),
		ice.WithLocalCredentials(p.ufrag, p.pwd),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithIncludeLoopback(),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithCheckInterval(20*time.Millisecond),
		// The first pair that works is as good as any on one machine; Pion would wait a second for better ones.
		ice.WithHostAcceptanceMinWait(0),
		ice.WithPrflxAcceptanceMinWait(0),
		ice.WithLoggerFactory(loggers),
	)
	if err != nil {
		return nil, err
	}
	p.agent = agent
	network.socket.await(p.ufrag)
	if err := agent.OnConnectionStateChange(changed); err != nil {
		return nil, err
	}
	// Gathering needs somebody to tell, although the one candidate is known beforehand.
	if err := agent.OnCandidate(func(ice.Candidate) {}); err != nil {
		return nil, err
	}
	if err := agent.GatherCandidates(); err != nil {
		return nil, err
	}
	return p, nil
}

// begin starts the checks. The offer comes from the focus, so the bridge is the controlling side (RFC 8445 6.1.1): a
// client that thinks it is, too, costs a round of role conflict. The connection takes in packets from now on.
func (p *path) begin(remote RemoteTransport) error {
	if remote.Ufrag == "" || remote.Pwd == "" {
		return fmt.Errorf("no ICE credentials from the client")
	}
	conn, err := p.agent.StartDial(remote.Ufrag, remote.Pwd)
	if err != nil {
		return err
	}
	p.conn = conn
	p.network.socket.release(p.ufrag)
	return p.addCandidates(remote.Candidates)
}

func (p *path) addCandidates(candidates []Candidate) error {
	for _, c := range candidates {
		if !strings.EqualFold(c.Protocol, "udp") || c.Type != "host" {
			continue // the bridge has no use for others on one machine
		}
		candidate, err := ice.NewCandidateHost(&ice.CandidateHostConfig{
			Network: "udp", Address: c.IP, Port: c.Port, Component: 1, Priority: c.Priority, Foundation: c.Foundation,
		})
		if err != nil {
			return fmt.Errorf("candidate %s:%d: %w", c.IP, c.Port, err)
		}
		if err := p.agent.AddRemoteCandidate(candidate); err != nil {
			return fmt.Errorf("candidate %s:%d: %w", c.IP, c.Port, err)
		}
	}
	return nil
}

// connected waits until there is a nominated pair.
func (p *path) connected(ctx context.Context) error { return p.agent.AwaitConnect(ctx) }

// read hands every packet to handle until the path is closed.
func (p *path) read(handle func(packet []byte)) {
	buf := make([]byte, 2048)
	for {
		n, err := p.conn.Read(buf)
		if err != nil {
			return
		}
		handle(buf[:n])
	}
}

func (p *path) write(packet []byte) error {
	_, err := p.conn.Write(packet)
	return err
}

func (p *path) close() {
	p.network.socket.release(p.ufrag)
	_ = p.agent.Close() // nothing can be done about a failure, and nothing is left to do
}
