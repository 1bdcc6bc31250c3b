package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// figures are the measurements of one run by name.
type figures map[string]float64

// The figures.
const (
	cpuShare     = "CPU, % of a core"
	peakRSS      = "peak RSS, MB"
	threads      = "threads"
	framesRate   = "frames/s"
	soundRate    = "audio buffers/s"
	soundLost    = "audio lost, %"
	firstFrameMS = "first frame, ms"
	fromJoinMS   = "from the join, ms"
	latencyP50   = "latency p50, ms"
	latencyP99   = "latency p99, ms"
	freezeMS     = "longest freeze, ms"
	threadsLeft  = "threads left"
	memoryLeft   = "memory left, MB"
	failed       = "failed"
)

var allFigures = slices.Concat(
	[]string{cpuShare, peakRSS, threads, framesRate, soundRate, soundLost, firstFrameMS, fromJoinMS, latencyP50, latencyP99, freezeMS},
	stepNames(), []string{threadsLeft, memoryLeft, failed})

// lost is how much of the sound of n participants did not come, in per cent. Packets have 20 ms.
func lost(rate float64, n int) float64 { return max(0, 100*(1-rate/float64(50*n))) }

// settling is how long a contestant runs before it is measured: what starts is not what goes on.
const settling = 4 * time.Second

// result is all runs of a case.
type result struct {
	Case  string               `json:"case"`
	About string               `json:"about"`
	Runs  map[string][]figures `json:"runs"` // by contestant, in the order of the rounds
}

func (r *result) add(who string, f figures) { r.Runs[who] = append(r.Runs[who], f) }

// values are a figure's of all rounds that have it.
func (r *result) values(who, figure string) []float64 {
	var list []float64
	for _, f := range r.Runs[who] {
		if v, ok := f[figure]; ok {
			list = append(list, v)
		}
	}
	return list
}

// contestants are those that ran, ours first.
func (r *result) contestants() []string {
	var list []string
	for _, who := range []string{ours, gstMeet, baseline} {
		if len(r.Runs[who]) > 0 {
			list = append(list, who)
		}
	}
	return list
}

// table is a result for people: medians, with the least and the most in brackets.
func (r *result) table() string {
	var text strings.Builder
	fmt.Fprintf(&text, "\n%s: %s\n", r.Case, r.About)
	fmt.Fprintf(&text, "  %-26s", "")
	for _, who := range r.contestants() {
		fmt.Fprintf(&text, "%26s", who)
	}
	fmt.Fprintln(&text)
	for _, figure := range allFigures {
		if !slices.ContainsFunc(r.contestants(), func(who string) bool { return len(r.values(who, figure)) > 0 }) {
			continue
		}
		fmt.Fprintf(&text, "  %-26s", figure)
		for _, who := range r.contestants() {
			fmt.Fprintf(&text, "%26s", spread(r.values(who, figure)))
		}
		fmt.Fprintln(&text)
	}
	return text.String()
}

func spread(values []float64) string {
	if len(values) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f [%.1f … %.1f]", median(values), slices.Min(values), slices.Max(values))
}

// readResults reads what report has written.
func readResults(folder string) (results []result, err error) {
	data, err := os.ReadFile(filepath.Join(folder, figuresFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &results)
	}
	return results, err
}

// put adds a result, or replaces that of the same case, and keeps them in the order of the cases.
func put(results []result, r result) []result {
	results = append(slices.DeleteFunc(results, func(o result) bool { return o.Case == r.Case }), r)
	slices.SortStableFunc(results, func(a, b result) int { return caseNumber(a.Case) - caseNumber(b.Case) })
	return results
}

func caseNumber(name string) int {
	return slices.IndexFunc(cases, func(c benchCase) bool { return c.name == name })
}

const figuresFile = "figures.json"

// report writes figures, table and plots into a folder.
func report(folder string, results []result) error {
	data, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	var table strings.Builder
	for _, r := range results {
		table.WriteString(r.table())
	}
	table.WriteString(goalTable(results))
	files := map[string][]byte{figuresFile: append(data, '\n'), "table.txt": []byte(table.String())}
	for name, plot := range plots(results) {
		files[name] = []byte(plot)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
