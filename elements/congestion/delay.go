package congestion

import (
	"math"
	"time"
)

// usage says whether a queue on the path fills up, stays, or empties.
type usage int

const (
	normal usage = iota
	overuse
	underuse
)

func (u usage) String() string { return [...]string{"normal", "overuse", "underuse"}[u] }

// burst is how far apart packets are sent that count as one group: a frame's packets leave together.
const burst = 5 * time.Millisecond

// group is a burst of packets.
type group struct {
	firstSent, lastSent, received time.Duration
}

// delayDetector watches how the delay between groups changes (draft, section 5.1 to 5.5), by the slope of a line through
// the last ones, as today's implementations do instead of the draft's Kalman filter.
type delayDetector struct {
	current, previous     group
	begun, hasPrevious    bool
	origin                time.Duration // arrival of the first group
	accumulated, smoothed float64       // ms
	points                []point
	changes               int // delay changes seen, up to maxChanges
	threshold             float64
	updated               time.Duration
	overusing             time.Duration // for how long
	trend                 float64       // the last one
	verdict               usage
	base                  baseline
}

type point struct{ arrival, delay float64 } // ms

const (
	points           = 20
	maxChanges       = 60
	smoothing        = 0.9
	gain             = 4.0
	initialThreshold = 12.5 // ms
	minThreshold     = 6.0
	maxThreshold     = 600.0
	thresholdUp      = 0.0087
	thresholdDown    = 0.039
	maxJump          = 15.0 // a trend that is further beyond the threshold doesn't change it
	overuseTime      = 10 * time.Millisecond
	reset            = 3 * time.Second // without packets, or that a clock jumps: the line begins anew
)

// add takes a packet that arrived.
func (d *delayDetector) add(p Packet) {
	switch {
	case !d.begun:
		d.begun, d.threshold, d.origin = true, initialThreshold, p.Received
		d.current = group{p.Sent, p.Sent, p.Received}
	case p.Sent < d.current.firstSent: // out of order
	case p.Sent-d.current.firstSent <= burst:
		d.current.lastSent = max(d.current.lastSent, p.Sent)
		d.current.received = max(d.current.received, p.Received)
	default:
		if d.hasPrevious {
			d.compare()
		}
		d.previous, d.hasPrevious = d.current, true
		d.current = group{p.Sent, p.Sent, p.Received}
	}
}

func (d *delayDetector) state() usage { return d.verdict }

// forget begins a new line; what the path's delay is without a queue is known still.
func (d *delayDetector) forget() {
	*d = delayDetector{begun: d.begun, threshold: initialThreshold, origin: d.current.received, current: d.current, base: d.base}
	d.base.above = 0
}

// queue is how long packets wait on the path now, as far as can be told.
func (d *delayDetector) queue() time.Duration { return d.base.above }

// rebase takes the present delay for that of an empty path.
func (d *delayDetector) rebase() {
	d.base = baseline{}
	d.forget()
}

// baseline is the least delay of the last while: what remains without a queue.
type baseline struct {
	least, before time.Duration // of this period and the one before
	since         time.Duration
	begun         bool
	above         time.Duration // the last delay, above the least
}

func (b *baseline) add(at, delay time.Duration) {
	const period = 10 * time.Second
	switch {
	case !b.begun:
		*b = baseline{least: delay, before: delay, since: at, begun: true}
	case at-b.since > period:
		b.before, b.least, b.since = b.least, delay, at
	default:
		b.least = min(b.least, delay)
	}
	b.above = delay - min(b.least, b.before)
}

// compare takes the change of delay between the last two groups.
func (d *delayDetector) compare() {
	sent, received := d.current.lastSent-d.previous.lastSent, d.current.received-d.previous.received
	if received > sent+reset || received < sent-reset { // the receiver's clock was set, or the path was interrupted
		d.rebase()
		return
	}
	if sent > reset {
		d.forget()
		return
	}
	d.base.add(d.current.received, d.current.received-d.current.lastSent)
	d.changes = min(d.changes+1, maxChanges)
	d.accumulated += milliseconds(received - sent)
	d.smoothed = smoothing*d.smoothed + (1-smoothing)*d.accumulated
	d.points = append(d.points, point{milliseconds(d.current.received - d.origin), d.smoothed})
	if len(d.points) > points {
		d.points = d.points[1:]
	}
	d.judge(float64(d.changes)*slope(d.points)*gain, sent)
}

func milliseconds(t time.Duration) float64 { return float64(t) / float64(time.Millisecond) }

// slope is that of the line with the least squared distances; 0 for less than a full set of points.
func slope(list []point) float64 {
	if len(list) < points {
		return 0
	}
	var x, y float64
	for _, p := range list {
		x += p.arrival
		y += p.delay
	}
	x, y = x/float64(len(list)), y/float64(len(list))
	var above, below float64
	for _, p := range list {
		above += (p.arrival - x) * (p.delay - y)
		below += (p.arrival - x) * (p.arrival - x)
	}
	if below == 0 {
		return 0
	}
	return above / below
}

// judge compares the trend with the threshold. Overuse must last, and not be about to end.
func (d *delayDetector) judge(trend float64, sent time.Duration) {
	switch {
	case trend > d.threshold:
		d.overusing += sent
		if d.overusing > overuseTime && trend >= d.trend {
			d.verdict = overuse
		}
	case trend < -d.threshold:
		d.overusing, d.verdict = 0, underuse
	default:
		d.overusing, d.verdict = 0, normal
	}
	d.trend = trend
	d.adapt(trend)
}

// adapt lets the threshold follow the trend: one that is fixed is too low next to others' traffic and too high without.
func (d *delayDetector) adapt(trend float64) {
	passed := min(milliseconds(d.current.received-d.updated), 100)
	d.updated = d.current.received
	size := math.Abs(trend)
	if size > d.threshold+maxJump || passed < 0 {
		return
	}
	rate := thresholdUp
	if size < d.threshold {
		rate = thresholdDown
	}
	d.threshold += rate * (size - d.threshold) * passed
	d.threshold = min(max(d.threshold, minThreshold), maxThreshold)
}
