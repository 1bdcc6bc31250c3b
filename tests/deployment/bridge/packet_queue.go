package bridge

import (
	"net"
	"os"
	"sync"
	"time"
)

// packetQueue is the DTLS side of a transport that carries media, too: DTLS reads from it what arrived for DTLS (RFC
// 7983), from the first packet on, whether the handshake has begun or not.
type packetQueue struct {
	write func([]byte) error

	mu       sync.Mutex
	packets  [][]byte
	closed   bool
	deadline time.Time
	changed  chan struct{}
	timer    *time.Timer
}

func newPacketQueue(write func([]byte) error) *packetQueue {
	return &packetQueue{write: write, changed: make(chan struct{})}
}

// queueLimit is more than a whole flight of a handshake.
const queueLimit = 256

func (q *packetQueue) push(packet []byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.packets) < queueLimit && !q.closed {
		q.packets = append(q.packets, append([]byte(nil), packet...))
		q.wake()
	}
}

func (q *packetQueue) wake() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// peer stands in for the address of a peer that ICE may change at any time.
type peer struct{}

func (peer) Network() string { return "ice" }
func (peer) String() string  { return "peer" }

func (q *packetQueue) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		q.mu.Lock()
		switch {
		case len(q.packets) > 0:
			n := copy(p, q.packets[0])
			q.packets = q.packets[1:]
			q.mu.Unlock()
			return n, peer{}, nil
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

func (q *packetQueue) WriteTo(p []byte, _ net.Addr) (int, error) {
	if err := q.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (q *packetQueue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.closed = true
		q.wake()
	}
	return nil
}

func (q *packetQueue) LocalAddr() net.Addr                { return peer{} }
func (q *packetQueue) SetDeadline(t time.Time) error      { return q.SetReadDeadline(t) }
func (q *packetQueue) SetWriteDeadline(_ time.Time) error { return nil }

func (q *packetQueue) SetReadDeadline(t time.Time) error {
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
