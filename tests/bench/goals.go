package main

import (
	"fmt"
	"strings"
)

// goal is a ratio or a difference of figures within one run, and what it should be at the most.
type goal struct {
	what string
	most string
	read func(medians) (string, bool)
}

// medians are those of a run by case, contestant and figure.
type medians map[string]map[string]map[string]float64

func (m medians) get(of, who, figure string) (float64, bool) {
	value, ok := m[of][who][figure]
	return value, ok
}

func medianOf(results []result) medians {
	m := medians{}
	for _, r := range results {
		m[r.Case] = map[string]map[string]float64{}
		for _, who := range r.contestants() {
			m[r.Case][who] = map[string]float64{}
			for _, figure := range allFigures {
				if values := r.values(who, figure); len(values) > 0 {
					m[r.Case][who][figure] = median(values)
				}
			}
		}
	}
	return m
}

// against is a figure of ours as a share of another contestant's.
func against(of, who, figure string) func(medians) (string, bool) {
	return func(m medians) (string, bool) {
		mine, ok := m.get(of, ours, figure)
		theirs, has := m.get(of, who, figure)
		if !ok || !has || theirs == 0 {
			return "", false
		}
		return fmt.Sprintf("%.1f %%", 100*mine/theirs), true
	}
}

// further is what each further participant costs between two cases.
func further(less, more string, n int, figure string) func(medians) (string, bool) {
	return func(m medians) (string, bool) {
		low, ok := m.get(less, ours, figure)
		high, has := m.get(more, ours, figure)
		if !ok || !has {
			return "", false
		}
		return fmt.Sprintf("%.2f", (high-low)/float64(n)), true
	}
}

// jitterBuffer is what all contestants are given, in ms.
const jitterBuffer = 200

var goals = []goal{
	{"CPU of receiving 4 encoded, of gst-meet's", "20 %", against("receive-encoded-4", gstMeet, cpuShare)},
	{"CPU of each further participant, 1 to 4, % of a core", "1", further("receive-encoded-1", "receive-encoded-4", 3, cpuShare)},
	{"CPU of each further participant, 4 to 16, % of a core", "1", further("receive-encoded-4", "receive-encoded-16", 12, cpuShare)},
	{"CPU of each further participant, 16 to 50, % of a core", "1", further("receive-encoded-16", "receive-encoded-50", 34, cpuShare)},
	{"threads of each further participant, 16 to 50", "6", further("receive-encoded-16", "receive-encoded-50", 34, threads)},
	{"memory of each further participant, 1 to 4, MB", "linear", further("receive-encoded-1", "receive-encoded-4", 3, peakRSS)},
	{"memory of each further participant, 16 to 50, MB", "linear", further("receive-encoded-16", "receive-encoded-50", 34, peakRSS)},
	{"CPU of receiving 4 decoded, of the decoders alone", "105 %", against("receive-decoded-4", baseline, cpuShare)},
	{"first frame, room in session, of gst-meet's", "50 %", against("first-frame-active", gstMeet, firstFrameMS)},
	{"first frame, room newly in company, of gst-meet's", "50 %", against("first-frame-company", gstMeet, firstFrameMS)},
	{"latency p99 beyond the jitter buffer, ms", "40", func(m medians) (string, bool) {
		value, ok := m.get("latency", ours, latencyP99)
		return fmt.Sprintf("%.1f", value-jitterBuffer), ok
	}},
	{"CPU of sending 720p30, of encoder and payloader alone", "105 %", against("send-raw-720p30", baseline, cpuShare)},
	{"the same with simulcast", "105 %", against("send-raw-720p30-simulcast", baseline, cpuShare)},
}

// goalTable says what was wished for beside what was measured, as far as it was.
func goalTable(results []result) string {
	m := medianOf(results)
	var text strings.Builder
	for _, g := range goals {
		if value, ok := g.read(m); ok {
			fmt.Fprintf(&text, "  %-58s%10s  (goal: %s)\n", g.what, value, g.most)
		}
	}
	if text.Len() == 0 {
		return ""
	}
	return "\nours, as ratios and differences of medians; a goal is the most that it should be:\n" + text.String()
}
