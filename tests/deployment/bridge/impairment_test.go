package bridge

import (
	"testing"
	"time"
)

func TestImpairment(t *testing.T) {
	var i impairment
	if drop, wait := i.verdict(true); drop || wait != 0 {
		t.Error("without an impairment something happens to packets")
	}
	i.set(Impairment{LossToClients: 1})
	if drop, _ := i.verdict(true); !drop {
		t.Error("a packet to a client gets through")
	}
	if drop, _ := i.verdict(false); drop {
		t.Error("a packet from a client is lost, too")
	}
	i.set(Impairment{Delay: time.Minute, Jitter: time.Minute})
	var last time.Time
	for range 50 {
		drop, wait := i.verdict(true)
		leaves := time.Now().Add(wait)
		if drop || wait < 59*time.Second || wait > 121*time.Second {
			t.Fatalf("a packet waits %v", wait)
		}
		if leaves.Before(last.Add(-time.Second)) {
			t.Fatal("a packet overtakes another")
		}
		last = leaves
	}
	i.freeze(true)
	for _, toClient := range []bool{true, false} {
		if drop, _ := i.verdict(toClient); !drop {
			t.Error("a packet gets through the frozen bridge")
		}
	}
}
