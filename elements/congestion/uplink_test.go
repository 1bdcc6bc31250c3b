package congestion

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// uplink is a sender as ours is, before a bottleneck: an encoder that follows the target late and makes more than it
// should, a pacer that lets it wait, a queue of the network's that overflows.
type uplink struct {
	capacity  float64       // bit/s
	queue     time.Duration // that it holds at most
	loss      float64       // random
	useful    float64       // most that the encoder makes, bit/s
	overshoot float64       // it makes so many times what it may

	c        *Controller
	rand     *rand.Rand
	now      time.Duration
	aims     []float64 // targets of the last while, one a step
	waiting  []int     // packets before the pacer
	due      time.Duration
	busy     time.Duration // until when the bottleneck sends
	pending  []Packet
	reported time.Duration

	arrived    float64 // bytes, and
	since      time.Duration
	longest    time.Duration // queue
	sent, lost int           // packets
}

const (
	tick       = time.Millisecond
	encoderLag = 150 * time.Millisecond
	oneWay     = 20 * time.Millisecond
	frameGap   = 33 * time.Millisecond
	clockShift = 77 * time.Hour
)

func newUplink(capacity float64) *uplink {
	const useful = 2.3e6
	return &uplink{capacity: capacity, queue: 200 * time.Millisecond, useful: useful, overshoot: 1.1,
		c: New(Limits{Start: 1_500_000, Min: 50_000, Max: useful}), rand: rand.New(rand.NewPCG(3, 4))}
}

// run lets a time pass and returns what arrived, in bit/s.
func (u *uplink) run(duration time.Duration) float64 {
	u.arrived, u.since, u.longest = 0, u.now, 0
	u.sent, u.lost = 0, 0
	for end := u.now + duration; u.now < end; u.now += tick {
		u.step()
	}
	return u.arrived * 8 / (u.now - u.since).Seconds()
}

func (u *uplink) step() {
	u.aims = append(u.aims, float64(u.c.Target()))
	aim := u.aims[max(0, len(u.aims)-int(encoderLag/tick))]
	if u.now%frameGap == 0 {
		u.encode(min(aim*u.overshoot, u.useful))
	}
	for u.due = max(u.due, u.now); len(u.waiting) > 0 && u.due <= u.now; u.waiting = u.waiting[1:] {
		u.due += time.Duration(float64(u.waiting[0]) * 8 / float64(u.c.Pace()) * float64(time.Second))
		u.send(u.waiting[0])
	}
	if u.now-u.reported >= 100*time.Millisecond {
		u.reported = u.now
		u.report()
	}
}

// encode drops the frame where the pacer has not sent the last ones.
func (u *uplink) encode(rate float64) {
	const packet = 1200
	bytes := int(rate * frameGap.Seconds() / 8)
	if len(u.waiting)*packet > 2*bytes {
		return
	}
	for ; bytes > 0; bytes -= packet {
		u.waiting = append(u.waiting, min(bytes, packet))
	}
}

func (u *uplink) send(size int) {
	u.busy = max(u.busy, u.now)
	wait := u.busy - u.now
	u.longest = max(u.longest, wait)
	lost := wait > u.queue || u.rand.Float64() < u.loss
	u.sent++
	if lost {
		u.lost++
	} else {
		u.busy += time.Duration(float64(size) * 8 / u.capacity * float64(time.Second))
	}
	u.pending = append(u.pending, Packet{Sent: u.now, Received: u.busy + oneWay + clockShift, Size: size, Lost: lost})
}

// report tells of what has arrived, and of what was lost before it.
func (u *uplink) report() {
	told := 0
	for i, p := range u.pending {
		if !p.Lost && p.Received-clockShift+oneWay <= u.now {
			told = i + 1
			u.arrived += float64(p.Size)
		}
	}
	if told > 0 {
		u.c.Feedback(u.now, u.pending[:told])
		u.pending = u.pending[told:]
	}
}

// calms is how long it takes until packets neither wait for long nor are lost, for a while.
func (u *uplink) calms() time.Duration {
	const slice, calm = 50 * time.Millisecond, 300 * time.Millisecond
	began, bad := u.now, u.now
	for u.now-began < 10*time.Second && u.now-bad < calm {
		if u.run(slice); u.longest > long || 3*u.lost > u.sent {
			bad = u.now
		}
	}
	return bad - began
}

// back is how long it takes until so much arrives again within a second.
func (u *uplink) back(rate float64) time.Duration {
	began := u.now
	for u.now-began < time.Minute && u.run(time.Second) < rate {
	}
	return u.now - began
}

func TestAnUplinkThatGetsNarrowIsFollowedAtOnceAndBackInTime(t *testing.T) {
	const wide, tight = 3e6, 500e3
	for _, tt := range []struct {
		name  string
		queue time.Duration
		loss  float64
		calm  time.Duration // after which
	}{
		{"a usual queue", 200 * time.Millisecond, 0, 1200 * time.Millisecond},
		{"delay only", 3 * time.Second, 0, 3 * time.Second},
		{"loss only", 15 * time.Millisecond, 0, time.Second},
		{"a usual queue and random loss", 200 * time.Millisecond, 0.03, 1200 * time.Millisecond},
	} {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, plain: %v", tt.name, plain), func(t *testing.T) {
				u := newUplink(wide)
				u.c.SetPlain(plain)
				u.queue, u.loss = tt.queue, tt.loss
				u.run(18 * time.Second)
				before := u.run(2 * time.Second)
				u.capacity = tight
				calm := u.calms()
				used := u.run(18*time.Second) / tight
				u.capacity = wide
				back := u.back(0.9 * before)
				t.Logf("%.0f kbit/s; calm after %v, %.0f %% of the narrow path used, back after %v", before/1000, calm, 100*used, back)
				if before < 0.75*wide*(1-tt.loss) {
					t.Errorf("on the wide path: %.0f", before)
				}
				if calm > tt.calm {
					t.Errorf("calm after %v, not %v", calm, tt.calm)
				}
				if used < 0.55 {
					t.Errorf("of the narrow path %.0f %% is used", 100*used)
				}
				if back > 15*time.Second {
					t.Errorf("%v until the bitrate is back", back)
				}
			})
		}
	}
}
