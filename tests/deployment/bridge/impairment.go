package bridge

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Impairment makes the network to the clients worse than loopback is. It acts on packets in both directions.
type Impairment struct {
	LossToClients   float64       // share of packets that are lost, 0 to 1
	LossFromClients float64       // share of packets that are lost, 0 to 1
	Delay           time.Duration // of packets to clients
	Jitter          time.Duration // more delay, up to this much, at random; packets don't overtake each other
}

// Impair changes the network for everybody from now on.
func (b *Bridge) Impair(how Impairment) { b.impairment.set(how) }

type impairment struct {
	mu     sync.Mutex
	how    Impairment
	frozen bool
	last   time.Time // when the latest delayed packet leaves
}

func (i *impairment) set(how Impairment) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.how = how
}

func (i *impairment) freeze(on bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.frozen = on
}

// verdict says whether a packet is dropped, or how long it waits.
func (i *impairment) verdict(toClient bool) (drop bool, wait time.Duration) {
	i.mu.Lock()
	defer i.mu.Unlock()
	loss := i.how.LossFromClients
	if toClient {
		loss = i.how.LossToClients
	}
	if i.frozen || loss > 0 && rand.Float64() < loss {
		return true, 0
	}
	if !toClient || i.how.Delay == 0 && i.how.Jitter == 0 {
		return false, 0
	}
	leaves := time.Now().Add(i.how.Delay)
	if i.how.Jitter > 0 {
		leaves = leaves.Add(rand.N(i.how.Jitter))
	}
	if leaves.Before(i.last) {
		leaves = i.last
	}
	i.last = leaves
	return false, time.Until(leaves)
}

// wrap puts the impairment between the bridge and its socket.
func (i *impairment) wrap(udp *net.UDPConn) net.PacketConn { return &impairedConn{udp, i} }

type impairedConn struct {
	*net.UDPConn
	impairment *impairment
}

func (c *impairedConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.UDPConn.ReadFrom(p)
		if err != nil {
			return n, from, err
		}
		if drop, _ := c.impairment.verdict(false); !drop {
			return n, from, nil
		}
	}
}

func (c *impairedConn) WriteTo(p []byte, to net.Addr) (int, error) {
	drop, wait := c.impairment.verdict(true)
	switch {
	case drop:
		return len(p), nil
	case wait <= 0:
		return c.UDPConn.WriteTo(p, to)
	}
	packet := append([]byte(nil), p...)
	time.AfterFunc(wait, func() {
		_, _ = c.UDPConn.WriteTo(packet, to) // the network loses what can't be sent
	})
	return len(p), nil
}
