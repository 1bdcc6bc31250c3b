// Package dtlssrtp is what DTLS-SRTP (RFC 5764) over a path of one's own takes at either end: the queue that DTLS reads
// from where it shares the path with media, the keys of SRTP, certificates and their fingerprints.
package dtlssrtp

import (
	"net"
	"os"
	"sync"
	"time"
)

// Queue is the DTLS side of a transport that carries media, too: DTLS reads from it what arrived for DTLS (RFC
// 7983), from the first packet on, whether the handshake has begun or not.
type Queue struct {
	write func([]byte) error

	mu       sync.Mutex
	packets  [][]byte
	closed   bool
	deadline time.Time
	changed  chan struct{}
	timer    *time.Timer
}

// NewQueue makes a queue whose other direction is write.
func NewQueue(write func([]byte) error) *Queue {
	return &Queue{write: write, changed: make(chan struct{})}
}

// queueLimit is more than a whole flight of a handshake.
const queueLimit = 256

// Push brings a packet that arrived.
func (q *Queue) Push(packet []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.packets) < queueLimit && !q.closed {
		q.packets = append(q.packets, append([]byte(nil), packet...))
		q.wake()
	}
}

func (q *Queue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// Peer stands in for the address of a peer that ICE may change at any time.
type Peer struct{}

// Network is of net.Addr.
func (Peer) Network() string { return "ice" }
func (Peer) String() string  { return "peer" }

// ReadFrom waits for a packet.
func (q *Queue) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		q.mu.Lock()
		switch {
		case len(q.packets) > 0:
			n := copy(p, q.packets[0])
			q.packets = q.packets[1:]
			q.mu.Unlock()
			return n, Peer{}, nil
		case q.closed:
			q.mu.Unlock()
			return 0, nil, net.ErrClosed
		case !q.deadline.IsZero() && !time.Now().Before(q.deadline):
			q.mu.Unlock()
			return 0, nil, os.ErrDeadlineExceeded
		}
		changed := q.changed
		q.mu.Unlock()
		<-changed
	}
}

// WriteTo sends a packet.
func (q *Queue) WriteTo(p []byte, _ net.Addr) (int, error) {
	if err := q.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close ends all waiting.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		q.wake()
	}
	return nil
}

// LocalAddr is of net.PacketConn.
func (q *Queue) LocalAddr() net.Addr { return Peer{} }

// SetDeadline is of net.PacketConn; only reading waits.
func (q *Queue) SetDeadline(t time.Time) error { return q.SetReadDeadline(t) }

// SetWriteDeadline is of net.PacketConn; writing never waits.
func (q *Queue) SetWriteDeadline(_ time.Time) error { return nil }

// SetReadDeadline is of net.PacketConn.
func (q *Queue) SetReadDeadline(t time.Time) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.deadline = t
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
	if !t.IsZero() {
		q.timer = time.AfterFunc(time.Until(t), func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.wake()
		})
	}
	q.wake()
	return nil
}
