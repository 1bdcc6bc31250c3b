// Package wire is a TCP connection in the middle of which a test has a pair of scissors: connections through it can be
// cut, new ones refused, and bytes swallowed without either end noticing.
package wire

import (
	"fmt"
	"net"
	"sync"
)

// Wire passes TCP connections on.
type Wire struct {
	listener net.Listener
	to       string
	wg       sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]bool
	cut    bool
	silent bool
}

// New opens a port on loopback that leads to an address.
func New(to string) (*Wire, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a wire to %s: %w", to, err)
	}
	w := &Wire{listener: listener, to: to, conns: map[net.Conn]bool{}}
	w.wg.Go(w.accept)
	return w, nil
}

// Addr is where the wire begins, as host and port.
func (w *Wire) Addr() string { return w.listener.Addr().String() }

// Cut breaks all connections, and all new ones at once, until Restore.
func (w *Wire) Cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	w.hangUp()
}

// Drop breaks the connections that there are.
func (w *Wire) Drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hangUp()
}

// Silence swallows all bytes in both directions until Restore: a network that is dead and does not say so.
func (w *Wire) Silence() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = true
}

// Restore lets new connections through. Those that have lost bytes are broken.
func (w *Wire) Restore() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.silent {
		w.hangUp()
	}
	w.cut, w.silent = false, false
}

// Close ends everything.
func (w *Wire) Close() {
	_ = w.listener.Close()
	w.Cut()
	w.wg.Wait()
}

// hangUp is called with the lock held.
func (w *Wire) hangUp() {
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *Wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.wg.Go(func() { w.pass(client) })
	}
}

func (w *Wire) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", w.to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	if !w.keep(client, server) {
		return
	}
	defer w.forget(client, server)
	var both sync.WaitGroup
	both.Go(func() { w.copy(client, server) })
	both.Go(func() { w.copy(server, client) })
	both.Wait()
}

func (w *Wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		w.conns[c] = true
	}
	return !w.cut
}

func (w *Wire) forget(conns ...net.Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		delete(w.conns, c)
	}
}

// copy closes both ends with the first.
func (w *Wire) copy(to, from net.Conn) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		w.mu.Lock()
		silent := w.silent
		w.mu.Unlock()
		if silent {
			continue
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}
