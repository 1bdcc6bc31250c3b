package main

import (
	"fmt"
	"slices"
	"strings"
)

// plotted are the figures that get a plot of bars over all cases that have them.
var plotted = map[string]string{
	cpuShare: "cpu.svg", peakRSS: "memory.svg", threads: "threads.svg", firstFrameMS: "first-frame.svg", latencyP99: "latency.svg", freezeMS: "freeze.svg",
}

var colours = map[string]string{ours: "#1f77b4", gstMeet: "#ff7f0e", baseline: "#7f7f7f"}

const (
	plotWidth, labelWidth, valueWidth = 760, 170, 60
	barHeight, barGap, groupGap       = 14, 2, 12
	plotTop                           = 50
)

// plots are SVG files by name.
func plots(results []result) map[string]string {
	files := map[string]string{}
	for figure, name := range plotted {
		if plot := barPlot(figure, results); plot != "" {
			files[name] = plot
		}
	}
	return files
}

// barPlot has a group of bars a case: the medians, with a line from the least to the most.
func barPlot(figure string, results []result) string {
	having := slices.DeleteFunc(slices.Clone(results), func(r result) bool { return len(r.values(ours, figure)) == 0 })
	var most float64
	for _, r := range having {
		for _, who := range r.contestants() {
			if values := r.values(who, figure); len(values) > 0 {
				most = max(most, slices.Max(values))
			}
		}
	}
	if most <= 0 {
		return ""
	}
	scale := (plotWidth - labelWidth - valueWidth) / most
	var bars strings.Builder
	y := plotTop
	for _, r := range having {
		fmt.Fprintf(&bars, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", labelWidth-8, y+barHeight-2, r.Case)
		for _, who := range r.contestants() {
			if values := r.values(who, figure); len(values) > 0 {
				bars.WriteString(bar(y, who, values, scale))
				y += barHeight + barGap
			}
		}
		y += groupGap
	}
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n"+`<text x="10" y="20" font-size="15">%s</text>`+"\n%s%s</svg>\n",
		plotWidth, y, figure, legend(), bars.String())
}

func bar(y int, who string, values []float64, scale float64) string {
	middle := median(values)
	least, most := labelWidth+slices.Min(values)*scale, labelWidth+slices.Max(values)*scale
	return fmt.Sprintf(`<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`+
		`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="black"/><text x="%.1f" y="%d">%.4g</text>`+"\n",
		labelWidth, y, max(middle*scale, 1), barHeight, colours[who],
		least, most, y+barHeight/2, y+barHeight/2, most+6, y+barHeight-2, middle)
}

func legend() string {
	var text strings.Builder
	for i, who := range []string{ours, gstMeet, baseline} {
		x := labelWidth + 110*i
		fmt.Fprintf(&text, `<rect x="%d" y="28" width="12" height="12" fill="%s"/><text x="%d" y="39">%s</text>`+"\n", x, colours[who], x+18, who)
	}
	return text.String()
}
