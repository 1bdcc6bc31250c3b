package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// benchCase is one thing that is measured.
type benchCase struct {
	name, about string
	contestants []string
	run         func(ctx context.Context, st *stage, who string) (figures, error)
	cable       bool // needs a cable that can be impaired
}

var both = []string{ours, gstMeet}

var cases = []benchCase{
	receiving("receive-encoded-1", 1, false), receiving("receive-encoded-4", 4, false),
	receiving("receive-encoded-16", 16, false), receiving("receive-encoded-50", 50, false),
	receiving("receive-decoded-1", 1, true), receiving("receive-decoded-4", 4, true),
	sending("send-passthrough", "640x360 VP8 and Opus that are encoded already", encodedSource),
	sending("send-raw-720p30", "1280x720 at 30, encoded as VP8, and sound as Opus; one layer", rawSource),
	sending("send-raw-720p30-simulcast", "the same in three layers, which gst-meet has not", simulcastSource),
	{"first-frame-active", "from the start of the process to the first decoded picture, in a room that is in session", both, firstFrameActive, false},
	{"first-frame-company", "the same, when there was one participant alone before", both, firstFrameCompany, false},
	{"first-frame-steps", "what happens until then, with a log that costs time itself", []string{ours}, firstFrameSteps, false},
	{"latency", "from a frame's being sent to its being shown in time; the jitter buffer is 200 ms", both, latency(0), false},
	{"glass-to-glass", "the same from a raw picture of 640x360 to its being shown, through an encoder and a second process", both, glassToGlass, false},
	{"loss-1%", "pictures that arrive while packets are lost at random", both, latency(0.01), true},
	{"loss-5%", "the same", both, latency(0.05), true},
	{"loss-10%", "the same", both, latency(0.1), true},
	{"bandwidth-step", "3 Mbit/s, then 500 kbit/s for a third of the time, then 3 Mbit/s: the longest time without a picture", both, bandwidthStep, true},
	{"churn-100", "100 leave and 100 join while 4 are received: what stays behind", both, churn, false},
}

// receiving measures what it costs to receive n participants.
func receiving(name string, n int, decoded bool) benchCase {
	about := fmt.Sprintf("%d participants of 640x360 at %d VP8 and Opus, ours encoded", n, filmRate)
	if decoded {
		about = fmt.Sprintf("%d participants of 640x360 at %d VP8 and Opus, decoded", n, filmRate)
	}
	contestants := both
	if decoded {
		contestants = append(slices.Clone(both), baseline)
	}
	return benchCase{name: name, about: about, contestants: contestants, run: func(ctx context.Context, st *stage, who string) (figures, error) {
		if who == baseline {
			return st.decodeAlone(ctx, n)
		}
		company, c, err := st.meet(ctx, who, n, decoded)
		if err != nil {
			return nil, err
		}
		defer company.end()
		defer c.end()
		f, err := st.observe(ctx, c)
		if err == nil {
			f[soundLost] = lost(f[soundRate], n)
		}
		return f, err
	}}
}

// decodeAlone measures the bare decoders for n participants, fed from a file.
func (st *stage) decodeAlone(ctx context.Context, n int) (figures, error) {
	c, err := st.start(baseline, st.decoders(n), 2*n, false)
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.wait(ctx, c.counting, "count all streams"); err != nil {
		return nil, err
	}
	return st.observe(ctx, c)
}

// observe measures a contestant for the length of a run, after it has settled.
func (st *stage) observe(ctx context.Context, c *client) (figures, error) {
	if err := c.pause(ctx, settling); err != nil {
		return nil, err
	}
	m, err := newMeter(c.command.Process.Pid)
	if err != nil {
		return nil, err
	}
	before := c.snapshot()
	waited := c.pause(ctx, st.length)
	f, err := m.read()
	if err := errors.Join(waited, err); err != nil {
		return nil, err
	}
	rates := c.rates(before)
	f[framesRate], f[soundRate] = rates["v"], rates["a"]
	return f, nil
}

// watch starts a contestant that shows a robot's pictures, and waits for the first.
func (st *stage) watch(ctx context.Context, who, location string, inTime bool) (*client, error) {
	c, err := st.start(who, st.watcher(who, location, inTime), 0, true)
	if err != nil {
		return nil, err
	}
	if err := c.wait(ctx, c.pictures.first, "show a picture"); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

func firstFrameActive(ctx context.Context, st *stage, who string) (figures, error) {
	return st.firstFrame(ctx, who, 2)
}

func firstFrameCompany(ctx context.Context, st *stage, who string) (figures, error) {
	return st.firstFrame(ctx, who, 1)
}

func (st *stage) firstFrame(ctx context.Context, who string, present int) (figures, error) {
	location := st.newRoom()
	company, err := st.startRobots(ctx, location, present, 0)
	if err != nil {
		return nil, err
	}
	defer company.end()
	// The bridge asks a source for few key frames in a while, and has just done so for the company.
	if err := company.pause(ctx, settling); err != nil {
		return nil, err
	}
	c, err := st.watch(ctx, who, location, false)
	if err != nil {
		return nil, err
	}
	defer c.end()
	first := c.pictures.since(time.Time{})[0]
	return figures{firstFrameMS: milliseconds(first.at.Sub(c.began)), fromJoinMS: milliseconds(first.at.Sub(company.metAt()))}, nil
}

// latency measures the way of each picture, with a share of packets lost.
func latency(loss float64) func(context.Context, *stage, string) (figures, error) {
	return func(ctx context.Context, st *stage, who string) (figures, error) {
		location := st.newRoom()
		company, err := st.startRobots(ctx, location, 1, 0)
		if err != nil {
			return nil, err
		}
		defer company.end()
		c, err := st.watch(ctx, who, location, true)
		if err != nil {
			return nil, err
		}
		defer c.end()
		if loss > 0 {
			heal, err := st.lose(ctx, loss)
			if err != nil {
				return nil, err
			}
			defer heal()
		}
		began, before := time.Now(), c.snapshot()
		if err := c.pause(ctx, st.length); err != nil {
			return nil, err
		}
		f := judge(company.sentAt, c.pictures.since(began), time.Since(began))
		if rate, known := c.rates(before)["a"]; known {
			f[soundLost] = lost(rate, 1)
		}
		return f, nil
	}
}

// judge says how late and how complete pictures came.
func judge(sentAt func(int) (time.Time, bool), list []shown, during time.Duration) figures {
	var delays []float64
	for _, s := range list {
		if at, ok := sentAt(s.number); ok && s.at.After(at) {
			delays = append(delays, milliseconds(s.at.Sub(at)))
		}
	}
	f := figures{framesRate: float64(len(list)) / during.Seconds(), freezeMS: milliseconds(longestPause(list))}
	if len(delays) > 0 {
		slices.Sort(delays)
		f[latencyP50], f[latencyP99] = quantile(delays, 0.5), quantile(delays, 0.99)
	}
	return f
}

func longestPause(list []shown) (longest time.Duration) {
	for i := 1; i < len(list); i++ {
		longest = max(longest, list[i].at.Sub(list[i-1].at))
	}
	return longest
}

// quantile is of sorted values.
func quantile(sorted []float64, share float64) float64 {
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

func bandwidthStep(ctx context.Context, st *stage, who string) (figures, error) {
	const wide, tight = 3000, 500 // kbit/s
	location := st.newRoom()
	company, err := st.startRobots(ctx, location, 1, 0)
	if err != nil {
		return nil, err
	}
	defer company.end()
	c, err := st.watch(ctx, who, location, true)
	if err != nil {
		return nil, err
	}
	defer c.end()
	began := time.Now()
	for _, rate := range []int{wide, tight, wide} {
		restore, err := st.narrow(ctx, rate)
		if err != nil {
			return nil, err
		}
		err = c.pause(ctx, st.length/3)
		restore()
		if err != nil {
			return nil, err
		}
	}
	list := c.pictures.since(began)
	return figures{framesRate: float64(len(list)) / time.Since(began).Seconds(), freezeMS: milliseconds(longestPause(list))}, nil
}

// churn compares memory and threads after many joins and leaves with those before.
func churn(ctx context.Context, st *stage, who string) (figures, error) {
	const fixed, changes = 4, 100
	location := st.newRoom()
	company, err := st.startRobots(ctx, location, fixed, 0)
	if err != nil {
		return nil, err
	}
	defer company.end()
	c, err := st.start(who, st.receiver(who, location, fixed, false), 2*fixed, false)
	if err != nil {
		return nil, err
	}
	defer c.end()
	if err := c.wait(ctx, c.counting, "count all streams"); err != nil {
		return nil, err
	}
	threadsBefore, peakBefore, err := status(c.command.Process.Pid)
	if err != nil {
		return nil, err
	}
	guests, err := st.startRobots(ctx, location, 2, changes)
	if err != nil {
		return nil, err
	}
	changed := guests.waitFor(ctx, guests.changed, "change", changes*patience/10)
	guests.end()
	if changed != nil {
		return nil, changed
	}
	if err := c.pause(ctx, st.length/4); err != nil {
		return nil, err
	}
	threads, peak, err := status(c.command.Process.Pid)
	if err != nil {
		return nil, err
	}
	return figures{threadsLeft: float64(threads - threadsBefore), memoryLeft: peak - peakBefore}, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// median is of values in any order.
func median(values []float64) float64 {
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	return quantile(sorted, 0.5)
}
