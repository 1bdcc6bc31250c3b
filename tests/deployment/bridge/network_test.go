package bridge

import (
	"testing"
	"time"

	"github.com/pion/rtp"
)

// The switches act on packets that go over the wire, not on figures alone.

func TestLossToClients(t *testing.T) {
	s, alice, bob := two(t)
	alice.send(opus(101, 1), level(30))
	bob.gets(bySSRC(101))
	s.bridge.Impair(Impairment{LossToClients: 1})
	alice.send(opus(101, 2), level(30))
	s.forwards(2)
	s.bridge.Impair(Impairment{})
	alice.send(opus(101, 3), level(30))
	if p := bob.gets(bySSRC(101)); p.SequenceNumber != 3 {
		t.Errorf("bob got number %d, which was to be lost", p.SequenceNumber)
	}
}

func TestLossFromClients(t *testing.T) {
	s, alice, bob := two(t)
	s.bridge.Impair(Impairment{LossFromClients: 0.5})
	const sent = 200
	done := make(chan struct{})
	go func() {
		defer close(done)
		for seq := uint16(1); seq < 2*sent; seq++ {
			alice.send(opus(101, seq), level(30))
		}
	}()
	got := 0
	bob.gets(func(p *rtp.Packet) bool {
		if p.SequenceNumber <= sent {
			got++
		}
		return p.SequenceNumber > sent
	})
	<-done
	if got < sent/4 || got > sent*3/4 {
		t.Errorf("%d of %d packets came through", got, sent)
	}
}

func TestDelayAndJitter(t *testing.T) {
	s, alice, bob := two(t)
	s.bridge.Impair(Impairment{Delay: 200 * time.Millisecond, Jitter: 100 * time.Millisecond})
	begin := time.Now()
	for seq := range uint16(20) {
		alice.send(opus(101, seq+1), level(30))
	}
	for seq := range uint16(20) {
		p := bob.gets(bySSRC(101))
		if passed := time.Since(begin); passed < 200*time.Millisecond {
			t.Errorf("a packet came after %v", passed)
		}
		if p.SequenceNumber != seq+1 {
			t.Errorf("number %d came in the place of %d", p.SequenceNumber, seq+1)
		}
	}
}

func TestFrozenBridgeForwardsNothingAndThaws(t *testing.T) {
	s, alice, bob := two(t)
	s.bridge.Freeze(true)
	alice.send(opus(101, 1), level(30))
	bob.say(wantsAll) // channels stay
	bob.hears(`"forwardedSources":["aaaa-v0"]`)
	until(s, func() bool {
		i := &s.bridge.impairment
		i.mu.Lock()
		defer i.mu.Unlock()
		return i.lost > 0
	})
	s.bridge.Freeze(false)
	alice.send(opus(101, 2), level(30))
	if p := bob.gets(bySSRC(101)); p.SequenceNumber != 2 {
		t.Errorf("bob got number %d", p.SequenceNumber)
	}
}

// forwards waits until the bridge has taken in that many of alice's sound packets.
func (s *stage) forwards(n uint32) {
	s.t.Helper()
	until(s, func() bool {
		s.conference.mu.Lock()
		defer s.conference.mu.Unlock()
		return s.conference.ssrcs[101].stream.packets >= n
	})
}

func until(s *stage, done func() bool) {
	s.t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			s.t.Fatalf("what is waited for doesn't come; events:\n%s", s.log)
		}
	}
}
