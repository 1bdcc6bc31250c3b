package ws

import (
	"context"
	"net"
	"sync/atomic"

	"github.com/coder/websocket"
)

// Conn is a connection that knows where it begins.
type Conn struct {
	*websocket.Conn
	local *net.TCPAddr // nil where that is not known
}

// Stranded is true where the machine no longer has the address that the connection comes from: nothing will ever come over
// it again, and TCP would take minutes to say so.
func (c *Conn) Stranded() bool { return c.local != nil && stranded(c.local.IP, net.InterfaceAddrs) }

func stranded(local net.IP, list func() ([]net.Addr, error)) bool {
	addresses, err := list()
	if err != nil || len(addresses) == 0 { // the system does not say
		return false
	}
	for _, address := range addresses {
		if network, ok := address.(*net.IPNet); ok && network.IP.Equal(local) {
			return false
		}
	}
	return true
}

// localAddress is our end of the connection that was dialled last.
type localAddress struct{ atomic.Pointer[net.TCPAddr] }

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

func (l *localAddress) note(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err == nil {
			local, _ := conn.LocalAddr().(*net.TCPAddr)
			l.Store(local)
		}
		return conn, err
	}
}
