package congestion

import (
	"math/rand/v2"
	"testing"
	"time"
)

// path is a bottleneck with a queue, and a sender that sends frames at the controller's bitrate.
type path struct {
	capacity float64       // bit/s
	queue    time.Duration // that it holds; more is lost
	base     time.Duration // delay of an empty path
	shift    time.Duration // of the receiver's clock
	jitter   time.Duration // at most, random
	loss     float64       // random
	source   float64       // most that the source makes, bit/s

	rand     *rand.Rand
	now      time.Duration
	busy     time.Duration // until when the bottleneck sends what it has
	reported []Packet
	pending  []Packet
	next     time.Duration // feedback
}

const (
	frameTime = time.Second / 30
	mtu       = 1200
	reportGap = 70 * time.Millisecond
)

func newPath(capacity float64) *path {
	return &path{capacity: capacity, queue: 300 * time.Millisecond, base: 20 * time.Millisecond, source: 1e12,
		rand: rand.New(rand.NewPCG(1, 2))}
}

// run lets a time pass and returns the longest queue that was met.
func (p *path) run(c *Controller, duration time.Duration) (longest time.Duration) {
	for end := p.now + duration; p.now < end; p.now += frameTime {
		bytes := int(min(float64(c.Target()), p.source) * frameTime.Seconds() / 8)
		for ; bytes > 0; bytes -= mtu {
			longest = max(longest, p.send(min(bytes, mtu)))
		}
		if p.now >= p.next {
			p.next = p.now + reportGap
			p.report(c)
		}
	}
	return longest
}

func (p *path) send(size int) (waited time.Duration) {
	p.busy = max(p.busy, p.now)
	waited = p.busy - p.now
	lost := waited > p.queue || p.rand.Float64() < p.loss
	if !lost {
		p.busy += time.Duration(float64(size) * 8 / p.capacity * float64(time.Second))
	}
	jitter := time.Duration(0)
	if p.jitter > 0 {
		jitter = time.Duration(p.rand.Int64N(int64(p.jitter)))
	}
	const clocksDiffer = 1000 * time.Hour
	p.pending = append(p.pending, Packet{Sent: p.now, Received: p.busy + p.base + jitter + clocksDiffer + p.shift, Size: size, Lost: lost})
	return waited
}

// report tells of what has arrived until now.
func (p *path) report(c *Controller) {
	n := 0
	for n < len(p.pending) && p.pending[n].Sent < p.now-p.base-p.queue {
		n++
	}
	for n < len(p.pending) && p.pending[n].Received-p.shift-1000*time.Hour <= p.now {
		n++
	}
	if n > 0 {
		c.Feedback(p.now, p.pending[:n])
		p.pending = p.pending[n:]
	}
}

var limits = Limits{Start: 1_000_000, Min: 50_000, Max: 5_000_000}

func TestAFreePathIsUsedUpToTheLimit(t *testing.T) {
	c := New(limits)
	newPath(20e6).run(c, 20*time.Second)
	if c.Target() != limits.Max {
		t.Errorf("after 20 s on a free path: %d", c.Target())
	}
}

func TestTheBitrateStaysBelowThePathsAndNearIt(t *testing.T) {
	for _, capacity := range []float64{300e3, 500e3, 1e6, 3e6} {
		c, p := New(limits), newPath(capacity)
		p.run(c, 10*time.Second)
		var sum, n float64
		var longest time.Duration
		for range 30 {
			longest = max(longest, p.run(c, time.Second))
			sum += float64(c.Target())
			n++
		}
		if mean := sum / n; mean < 0.55*capacity || mean > 1.1*capacity {
			t.Errorf("on a path of %.0f: %.0f", capacity, mean)
		}
		if longest >= p.queue {
			t.Errorf("on a path of %.0f the queue was full", capacity)
		}
	}
}

func TestAPathThatGetsWorseIsFollowedAtOnceAndBackWithinTwentySeconds(t *testing.T) {
	c, p := New(limits), newPath(3e6)
	p.source = 2.2e6
	p.run(c, 20*time.Second)
	before := min(float64(c.Target()), p.source)
	p.capacity = 500e3
	p.run(c, 2*time.Second)
	if c.Target() > 550_000 {
		t.Errorf("2 s after the path got worse: %d", c.Target())
	}
	if longest := p.run(c, 10*time.Second); longest >= p.queue {
		t.Errorf("the queue is full: %v", longest)
	}
	p.capacity = 3e6
	p.run(c, 20*time.Second)
	if float64(c.Target()) < 0.9*before {
		t.Errorf("20 s after it got better: %d, it was %.0f", c.Target(), before)
	}
}

func TestJitterIsNoCongestion(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.jitter = 15 * time.Millisecond
	p.run(c, 40*time.Second)
	if c.Target() < limits.Max/2 {
		t.Errorf("with jitter of 15 ms: %d", c.Target())
	}
}

func TestDelaysThatGrowAndFallAreNoCongestionToThePlainOne(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	c.SetPlain(true)
	for range 60 {
		for range 30 { // the way becomes longer, up to 90 ms, and short again
			p.base += 3 * time.Millisecond
			p.run(c, frameTime)
		}
		p.base -= 90 * time.Millisecond
	}
	if c.Target() < limits.Max*9/10 {
		t.Errorf("got %d", c.Target())
	}
}

func TestALittleRandomLossIsNoCongestion(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.loss = 0.03
	p.run(c, 20*time.Second)
	if c.Target() < limits.Max*9/10 {
		t.Errorf("with 3 %% loss: %d", c.Target())
	}
}

func TestHeavyLossLowersTheBitrate(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.loss = 0.3
	p.run(c, 20*time.Second)
	if c.Target() > limits.Start/2 {
		t.Errorf("with 30 %% loss: %d", c.Target())
	}
}

func TestASourceThatMakesLessThanItMayKeepsWhatItHad(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.run(c, 10*time.Second)
	before := c.Target()
	p.source = 40e3
	p.run(c, 10*time.Second)
	if c.Target() < before {
		t.Errorf("it was %d, now %d", before, c.Target())
	}
}

func TestTheLimitsHold(t *testing.T) {
	c, p := New(limits), newPath(10e3)
	p.run(c, 20*time.Second)
	if c.Target() != limits.Min {
		t.Errorf("on a path that carries nothing: %d", c.Target())
	}
	c.SetLimits(Limits{Min: 100_000, Max: 200_000})
	if c.Target() != 100_000 {
		t.Errorf("with another lower limit: %d", c.Target())
	}
	p.capacity = 20e6
	p.run(c, 30*time.Second)
	if c.Target() != 200_000 {
		t.Errorf("with another upper limit: %d", c.Target())
	}
}

func TestAPauseIsNoCongestion(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.run(c, 10*time.Second)
	before := c.Target()
	p.now += time.Minute
	p.run(c, time.Second)
	if c.Target() < before {
		t.Errorf("it was %d, now %d", before, c.Target())
	}
}

func TestASimpleSourceDoesNotKeepTheBitrateLowForEver(t *testing.T) {
	c, p := New(limits), newPath(500e3)
	p.run(c, 10*time.Second)
	p.capacity = 20e6
	p.source = 100e3
	p.run(c, 30*time.Second)
	if c.Target() < limits.Start {
		t.Errorf("30 s after the path got better, with a source that needs little: %d", c.Target())
	}
}

func TestAPacketThatIsHeldUpNowAndThenIsNoCongestion(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.source = 130e3 // so little that each report is of a few packets
	for range 30 {
		p.run(c, time.Second)
		p.pending = nil
		c.Feedback(p.now, []Packet{{Sent: p.now - 250*time.Millisecond, Received: p.now - 30*time.Millisecond + 1000*time.Hour, Size: 500}})
	}
	if c.Target() < limits.Start {
		t.Errorf("got %d", c.Target())
	}
}

func TestALongerWayIsNoCongestionForLong(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.run(c, 15*time.Second)
	p.base += 200 * time.Millisecond
	p.run(c, 20*time.Second)
	if c.Target() < limits.Max*9/10 {
		t.Errorf("20 s after the way became longer: %d", c.Target())
	}
}

func TestTheTargetIsNotFarFromWhatIsUsed(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.source = 1e6
	p.run(c, time.Minute)
	if c.Target() > 1_700_000 {
		t.Errorf("of a megabit a second that arrives, %d are concluded", c.Target())
	}
}

func TestAMachineThatStandsStillIsNoCongestion(t *testing.T) {
	c, p := New(limits), newPath(20e6)
	p.run(c, 10*time.Second)
	before := c.Target()
	for range 3 {
		// reports come late, of packets that were held up
		for range 40 {
			p.send(mtu)
			p.now += 5 * time.Millisecond
			p.busy = p.now + 100*time.Millisecond
		}
		p.now += time.Second
		p.report(c)
		p.run(c, 3*time.Second)
	}
	if c.Target() < before {
		t.Errorf("it was %d, now %d", before, c.Target())
	}
}

func TestAnEstimateThatHardlyAnybodyUsesDoesNotGrow(t *testing.T) {
	for name, used := range map[string]float64{"sound alone": 44e3, "a tenth": 100e3, "a third": 330e3} {
		for _, plain := range []bool{false, true} {
			c, p := New(limits), newPath(100e6)
			c.SetPlain(plain)
			p.source = used
			p.run(c, 5*time.Minute)
			if c.Target() != limits.Start {
				t.Errorf("%s, plain %v: after five minutes %d", name, plain, c.Target())
			}
		}
	}
}

func TestNoMoreIsConcludedThanWasSent(t *testing.T) {
	c, p := New(limits), newPath(100e6)
	c.SetPlain(true)
	p.source = 500e3
	for range 60 { // the receiver's clock stands: all seems to arrive at once
		p.shift -= time.Second
		p.run(c, time.Second)
	}
	if c.Target() != limits.Start {
		t.Errorf("of %.0f that are sent, %d are concluded", p.source, c.Target())
	}
}

func TestAClockThatJumpsIsNoCongestion(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 12 * 24 * time.Hour, -12 * 24 * time.Hour} {
		c, p := New(limits), newPath(20e6)
		p.run(c, 3*time.Second)
		before := c.Target()
		p.shift = jump
		p.run(c, 20*time.Second)
		if c.Target() < before || c.Target() != limits.Max {
			t.Errorf("by %v: it was %d, 20 s later %d", jump, before, c.Target())
		}
		if n := len(c.acked.arrivals); n > 1000 {
			t.Errorf("by %v: %d packets of half a second are remembered", jump, n)
		}
	}
}
