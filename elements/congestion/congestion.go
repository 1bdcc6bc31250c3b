// Package congestion says what bitrate the network carries, by what a receiver reports of each packet (transport-wide
// congestion control feedback). It follows Google Congestion Control, draft-ietf-rmcat-gcc-02: a delay that grows means
// that a queue on the way fills up, lost packets that it is full. It does no I/O and has no clock of its own.
package congestion

import (
	"fmt"
	"slices"
	"time"
)

// Packet is one packet that the receiver has reported on. Received is on a clock of the receiver's.
type Packet struct {
	Sent, Received time.Duration
	Size           int  // bytes
	Lost           bool // Received means nothing then
}

// Limits bound the bitrate, in bit/s.
type Limits struct{ Start, Min, Max int }

// Controller keeps the estimate of one path. One goroutine may use it.
type Controller struct {
	limits Limits
	delay  delayDetector
	loss   lossMeter
	acked  throughput // of what arrived, by the receiver's clock
	sent   throughput // of what was reported on, by ours

	target     float64       // bit/s
	first      time.Duration // feedback; negative: none yet
	last       time.Duration // of the last feedback
	decreased  time.Duration // when it last was; negative: never
	newest     time.Duration // when the newest packet was sent that is reported on
	capacity   float64       // throughput when the queue last filled up, smoothed; 0: unknown
	capacityAt time.Duration
	draining   draining
	queue      time.Duration // at the last report
	plain      bool
}

// New begins with limits.Start.
func New(limits Limits) *Controller {
	c := &Controller{target: float64(limits.Start), first: -1, last: -1, decreased: -1}
	c.SetLimits(limits)
	return c
}

// SetLimits changes them. Start is what may be tried again after a while, whatever happened.
func (c *Controller) SetLimits(limits Limits) {
	c.limits = limits
	c.clamp()
}

// SetPlain makes it go by lost packets and by how long a queue is, and not by whether delays grow. That is for paths on which they
// grow and fall for other reasons, such as radio; a queue that fills up is noticed later.
func (c *Controller) SetPlain(on bool) { c.plain = on }

// Target is the bitrate that the network carries, in bit/s.
func (c *Controller) Target() int { return int(c.target) }

// Pace is the bitrate at which packets may leave, in bit/s: faster than Target, since a key frame that took its time would
// be late, but not while a queue on the way has to be emptied.
func (c *Controller) Pace() int {
	const faster = 1.5
	if c.delay.queue() > tolerated {
		return int(c.target)
	}
	return int(faster * c.target)
}

// String says what the estimate comes from, for logs.
func (c *Controller) String() string {
	arrives, _ := c.acked.rate(window)
	return fmt.Sprintf("target %.0f, arrives %.0f, queue %v, %v, capacity %.0f",
		c.target, arrives, c.delay.queue().Round(time.Millisecond), c.delay.state(), c.capacity)
}

func (c *Controller) clamp() {
	c.target = min(max(c.target, float64(c.limits.Min)), float64(c.limits.Max))
}

// Figures of the draft, section 6, but for growth: it is 8 % a second there, and without padding to probe with, as we
// are, half a minute would pass until a path that was bad is used again.
const (
	growth      = 0.18 // a second
	backOff     = 0.85 // of what arrives
	ackedFactor = 1.5  // more than that of what arrives is not believed
	slack       = 10_000.0
)

// Feedback takes a report that came at a time now, by the clock by which packets were sent, packets in the order of
// sending.
func (c *Controller) Feedback(now time.Duration, packets []Packet) {
	if c.first < 0 {
		c.first = now
	}
	if c.last >= 0 && now-c.last > stall {
		c.delay.forget()
	}
	for _, p := range packets {
		c.newest = max(c.newest, p.Sent)
		c.sent.add(p.Sent, p.Size)
		if c.tells(p.Sent) {
			c.loss.add(p.Lost)
		}
		if !p.Lost {
			c.acked.add(p.Received, p.Size)
			c.delay.add(p)
		}
	}
	passed := time.Duration(0)
	if c.last >= 0 {
		passed = min(now-c.last, time.Second)
	}
	c.last = now
	arrives, known := c.acked.rate(window)
	state, queue, before := c.delay.state(), c.delay.queue(), c.queue
	c.queue = queue
	switch {
	case queue > long:
		if before > long/2 { // one packet alone may have been held up by a busy machine
			c.empty(now, queue)
		}
	case state == overuse && queue > tolerated && !c.plain:
		if known && c.tells(c.newest) {
			c.learnCapacity(now, arrives)
			c.lower(now, backOff*arrives)
		}
	case (state == normal || c.plain) && known && queue <= long/2:
		if sent, known := c.sent.rate(window); known { // whatever the receiver's clock does
			c.increase(now, passed, min(arrives, sent))
		}
	}
	c.followLoss(now)
	c.clamp()
}

// stall is a time without feedback after which delays tell of a machine that was busy, or a path that was interrupted, and
// not of a queue.
const stall = 400 * time.Millisecond

// reaction is how long the encoders take to follow.
const reaction = 150 * time.Millisecond

// tells says whether a packet that was sent at a time says something of the present bitrate: those that were under way when
// it was lowered tell again what made us lower it.
func (c *Controller) tells(sent time.Duration) bool {
	return c.decreased < 0 || sent > c.decreased+reaction
}

// A queue that is shorter than tolerated is no reason to go down: a busy machine or a radio makes as much. A long one must
// be emptied, or the next key frame overflows it; how its length changes tells nothing any more once it is full.
const (
	tolerated = 30 * time.Millisecond
	long      = 100 * time.Millisecond
)

// draining is what a long queue does while it shall become shorter.
type draining struct {
	queue   time.Duration // when it was last looked at
	at      time.Duration
	strikes int // how often it did not
}

// Of what passes, so much is sent to empty a long queue; it should become shorter by the rest. One that doesn't become
// shorter so many times is no queue, but a longer way.
const (
	backOffLong = 0.6
	backOffMore = 0.4 // for one that is veryLong
	veryLong    = 500 * time.Millisecond
	drains      = 0.15
	drainCheck  = 300 * time.Millisecond
	mostStrikes = 4
)

// empty goes down as far as it takes to empty a long queue. What arrives behind one is what the path carries, and a short
// window is enough to see it.
func (c *Controller) empty(now, queue time.Duration) {
	const shortWindow = 200 * time.Millisecond
	arrives, known := c.acked.rate(shortWindow)
	if !known {
		return
	}
	d := &c.draining
	switch since := now - d.at; {
	case since > time.Second || d.at == 0: // a new one
		*d = draining{}
	case queue > d.queue+long/2 && backOffLong*arrives < 0.9*c.target: // what arrived first was from before
		d.queue, d.at = queue, now
		c.lower(now, backOffLong*arrives)
		return
	case !c.tells(c.newest):
		return
	case since < drainCheck:
		return
	case queue < d.queue-time.Duration(drains*float64(since)):
		d.queue, d.at, d.strikes = queue, now, 0
		return
	}
	d.queue, d.at = queue, now
	if d.strikes++; d.strikes > mostStrikes {
		*d = draining{}
		c.delay.rebase()
		return
	}
	c.learnCapacity(now, arrives)
	factor := backOffLong
	if queue > veryLong {
		factor = backOffMore
	}
	c.lower(now, factor*arrives)
}

// lower goes down in steps: the little that arrives from a machine that has no time for us is not what the path carries.
func (c *Controller) lower(now time.Duration, target float64) {
	const step = 0.25
	c.target = min(c.target, max(target, step*c.target))
	c.decreased = now
	c.loss = lossMeter{}
}

// A capacity that was learned this long ago, or that more has passed than by this factor since, is no capacity any more.
const (
	capacityAge    = 6 * time.Second
	capacityFactor = 1.25
)

func (c *Controller) learnCapacity(now time.Duration, arrives float64) {
	const weight = 0.3
	if c.capacity == 0 || c.capacityAt < now-capacityAge || arrives < c.capacity/capacityFactor {
		c.capacity = arrives
	} else {
		c.capacity += weight * (arrives - c.capacity)
	}
	c.capacityAt = now
}

// increase goes carefully near the bitrate at which the queue filled up, and fast elsewhere. It goes no further than what
// arrives allows to conclude: a target that nobody uses says nothing of the path. But after a while without trouble the
// first bitrate may be tried again: pictures that are simple for now must not keep a larger size from being sent.
func (c *Controller) increase(now, passed time.Duration, arrives float64) {
	if c.capacity > 0 && (now-c.capacityAt > capacityAge || arrives > capacityFactor*c.capacity) {
		c.capacity = 0
	}
	grown := c.target * (1 + growth*passed.Seconds())
	if c.capacity > 0 && c.target > backOff*c.capacity {
		const careful = 0.03 // a second
		grown = c.target * (1 + careful*passed.Seconds())
	}
	limit := ackedFactor*arrives + slack
	if now-max(c.first, c.decreased) >= capacityAge {
		limit = max(limit, float64(c.limits.Start))
	}
	c.target = max(c.target, min(grown, limit)) // an encoder that makes less than it may is no reason to go down
}

// followLoss is the loss-based controller of the draft: below a tenth loss may be the radio's. When nearly half is lost, what
// arrives is what the path carries.
func (c *Controller) followLoss(now time.Duration) {
	const heavy, half = 0.10, 0.4
	fraction, known := c.loss.take()
	if !known || fraction <= heavy {
		return
	}
	target := c.target * (1 - fraction/2)
	if arrives, known := c.acked.rate(window); known && fraction > half {
		target = min(target, backOff*arrives)
	}
	c.lower(now, target)
}

// lossMeter counts over enough packets to speak of a fraction.
type lossMeter struct{ packets, lost int }

func (m *lossMeter) add(lost bool) {
	m.packets++
	if lost {
		m.lost++
	}
}

func (m *lossMeter) take() (fraction float64, known bool) {
	const enough = 30
	if m.packets < enough {
		return 0, false
	}
	fraction = float64(m.lost) / float64(m.packets)
	*m = lossMeter{}
	return fraction, true
}

// throughput is what passed within a window, by one clock.
type throughput struct {
	arrivals []arrival
	first    time.Duration
	begun    bool
}

type arrival struct {
	at   time.Duration
	size int
}

// window is long enough for some frames, and short enough to follow a path that gets worse at once.
const window = 500 * time.Millisecond

func (t *throughput) add(at time.Duration, size int) {
	if n := len(t.arrivals); n > 0 && at < t.arrivals[n-1].at-reset { // the clock was set back
		*t = throughput{}
	}
	if !t.begun {
		t.first, t.begun = at, true
	}
	t.arrivals = append(t.arrivals, arrival{at, size})
	old := 0
	for old < len(t.arrivals) && t.arrivals[old].at < at-window {
		old++
	}
	t.arrivals = t.arrivals[old:]
}

// rate is in bit/s over the last part of the window; unknown before so much has passed.
func (t *throughput) rate(over time.Duration) (float64, bool) {
	if len(t.arrivals) == 0 {
		return 0, false
	}
	last := t.arrivals[len(t.arrivals)-1].at
	if last-t.first < over {
		return 0, false
	}
	bytes := 0
	for _, a := range slices.Backward(t.arrivals) {
		if a.at <= last-over {
			break
		}
		bytes += a.size
	}
	return float64(bytes) * 8 / over.Seconds(), true
}
