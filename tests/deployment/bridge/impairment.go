package bridge

import (
	"math/rand/v2"
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
	lost   int       // packets, by loss and by freezing
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
		i.lost++
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
