package bridge

import (
	"bytes"
	"encoding/binary"
	"net"
	"sync"
	"time"
)

// socket is the bridge's UDP port as the ICE agents see it: with the impairment, and with a memory for checks that
// come too early.
//
// A client begins its checks when it has the offer, so the first arrives before the focus has passed session-accept on.
// A real bridge answers it (recording a-alice: ICE is connected 37 ms after session-accept was sent). Pion's agent
// drops what it can't check against the client's credentials, and clients repeat their checks after half a second or
// more. So checks for an agent that hasn't begun are held here until it has.
type socket struct {
	*net.UDPConn
	impairment *impairment
	incoming   chan datagram
	closed     chan struct{}
	closing    sync.Once

	mu   sync.Mutex
	held map[string][]datagram // by the local user name fragment of agents that haven't begun

	sending sync.Mutex
	delayed []datagram // to clients, in the order of their leaving
}

type datagram struct {
	data []byte
	from net.Addr // or to whom, for a delayed one
}

const (
	incomingQueue = 1024
	heldChecks    = 64 // of one agent
)

func newSocket(udp *net.UDPConn, impairment *impairment) *socket {
	s := &socket{
		UDPConn: udp, impairment: impairment, held: map[string][]datagram{},
		incoming: make(chan datagram, incomingQueue), closed: make(chan struct{}),
	}
	go s.receive()
	return s
}

func (s *socket) receive() {
	defer s.shut()
	buf := make([]byte, 2048)
	for {
		n, from, err := s.UDPConn.ReadFrom(buf)
		if err != nil {
			return
		}
		if drop, _ := s.impairment.verdict(false); drop {
			continue
		}
		d := datagram{bytes.Clone(buf[:n]), from}
		if !s.hold(d) {
			s.deliver(d)
		}
	}
}

func (s *socket) deliver(d datagram) {
	select {
	case s.incoming <- d:
	case <-s.closed:
	}
}

// hold keeps a check for an agent that hasn't begun.
func (s *socket) hold(d datagram) bool {
	ufrag, isCheck := checkedUfrag(d.data)
	if !isCheck {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting, found := s.held[ufrag]
	if found && len(waiting) < heldChecks {
		s.held[ufrag] = append(waiting, d)
	}
	return found
}

// checkedUfrag gives the user name fragment of the agent that a STUN binding request is for: the part of USERNAME
// before the colon (RFC 8489 5, 14.3; RFC 8445 7.2.2).
func checkedUfrag(packet []byte) (string, bool) {
	const (
		headerSize     = 20
		bindingRequest = 0x0001
		magicCookie    = 0x2112a442
		username       = 0x0006
	)
	if len(packet) < headerSize || binary.BigEndian.Uint16(packet) != bindingRequest ||
		binary.BigEndian.Uint32(packet[4:]) != magicCookie {
		return "", false
	}
	for rest := packet[headerSize:]; len(rest) >= 4; {
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if len(rest) < 4+size {
			return "", false
		}
		if kind == username {
			local, _, found := bytes.Cut(rest[4:4+size], []byte(":"))
			return string(local), found
		}
		padded := min(4+(size+3)&^3, len(rest))
		rest = rest[padded:]
	}
	return "", false
}

// await begins to hold checks for an agent.
func (s *socket) await(ufrag string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[ufrag] = nil
}

// release delivers what was held for an agent, and what comes from now on. It is also for agents that never begin.
func (s *socket) release(ufrag string) {
	s.mu.Lock()
	waiting := s.held[ufrag]
	delete(s.held, ufrag)
	s.mu.Unlock()
	for _, d := range waiting {
		s.deliver(d)
	}
}

func (s *socket) ReadFrom(p []byte) (int, net.Addr, error) {
	select {
	case d := <-s.incoming:
		return copy(p, d.data), d.from, nil
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
}

func (s *socket) WriteTo(p []byte, to net.Addr) (int, error) {
	s.sending.Lock()
	defer s.sending.Unlock()
	drop, wait := s.impairment.verdict(true)
	switch {
	case drop:
		return len(p), nil
	case wait <= 0:
		return s.UDPConn.WriteTo(p, to)
	}
	s.delayed = append(s.delayed, datagram{bytes.Clone(p), to})
	time.AfterFunc(wait, s.sendDelayed)
	return len(p), nil
}

// sendDelayed sends the packet that has waited longest. Timers that end at the same time run in any order; packets
// keep theirs.
func (s *socket) sendDelayed() {
	s.sending.Lock()
	defer s.sending.Unlock()
	first := s.delayed[0]
	s.delayed = s.delayed[1:]
	_, _ = s.UDPConn.WriteTo(first.data, first.from) // the network loses what can't be sent
}

func (s *socket) Close() error {
	s.shut()
	return s.UDPConn.Close()
}

func (s *socket) shut() { s.closing.Do(func() { close(s.closed) }) }
