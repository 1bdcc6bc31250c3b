// Package media recognises what a receiver has got: pictures of videotestsrc, tones of audiotestsrc,
// and the flashes and beeps by which the two are compared in time. It judges decoded samples, since a
// stream that merely arrives may be anything.
package media

import (
	"fmt"
	"slices"
)

// Picture is one frame, three bytes a pixel without padding: `video/x-raw,format=RGB` of a width that is a
// multiple of four.
type Picture struct {
	Width, Height int
	RGB           []byte
}

// Colour is the average of an area, each part 0 to 255.
type Colour struct{ Red, Green, Blue int }

// Around averages a small square, its centre given in parts of the width and height. Compression blurs
// edges and speckles surfaces; the average of 5x5 pixels within a surface is reliable.
func (p Picture) Around(x, y float64) Colour {
	const half = 2
	centreX := min(max(int(x*float64(p.Width)), half), p.Width-1-half)
	centreY := min(max(int(y*float64(p.Height)), half), p.Height-1-half)
	var sum [3]int
	for row := centreY - half; row <= centreY+half; row++ {
		for column := centreX - half; column <= centreX+half; column++ {
			at := 3 * (row*p.Width + column)
			for part := range sum {
				sum[part] += int(p.RGB[at+part])
			}
		}
	}
	const pixels = (2*half + 1) * (2*half + 1)
	return Colour{sum[0] / pixels, sum[1] / pixels, sum[2] / pixels}
}

// Name is the nearest of black, grey, white and the six corners of the colour cube. What is not clearly one
// of them is named by its numbers, which no test looks for and every failure shows.
func (c Colour) Name() string {
	low, high := min(c.Red, c.Green, c.Blue), max(c.Red, c.Green, c.Blue)
	if high-low < 48 {
		switch {
		case high < 48:
			return "black"
		case low > 224:
			return "white"
		default:
			return "grey"
		}
	}
	if high < 96 || high-low < high/2 {
		return fmt.Sprintf("rgb(%d,%d,%d)", c.Red, c.Green, c.Blue)
	}
	middle := (low + high) / 2
	names := map[[3]bool]string{
		{true, false, false}: "red", {false, true, false}: "green", {false, false, true}: "blue",
		{true, true, false}: "yellow", {false, true, true}: "cyan", {true, false, true}: "magenta",
	}
	return names[[3]bool{c.Red > middle, c.Green > middle, c.Blue > middle}]
}

// Bars is what Kind calls videotestsrc's colour bars, pattern=smpte, its default.
const Bars = "bars"

var barColours = []string{"grey", "yellow", "cyan", "green", "magenta", "red", "blue"}

// Kind names the picture: "bars", a colour's name if all of it is of one, else "other".
func (p Picture) Kind() string {
	bars := make([]string, len(barColours))
	for i := range bars {
		bars[i] = p.Around((float64(i)+0.5)/float64(len(bars)), 1./3).Name()
	}
	if bars[0] == "white" { // full-range players make the first bar brighter
		bars[0] = "grey"
	}
	if slices.Equal(bars, barColours) {
		return Bars
	}
	first := p.Around(0.5, 0.5).Name()
	for _, x := range []float64{0.1, 0.5, 0.9} {
		for _, y := range []float64{0.1, 0.5, 0.9} {
			if p.Around(x, y).Name() != first {
				return "other"
			}
		}
	}
	return first
}

// Difference is the mean difference of two pictures of one size, 0 to 255: a still picture sent twice
// differs by less than one, videotestsrc's ball that has moved by several.
func Difference(a, b Picture) float64 {
	sum := 0
	for i := range a.RGB {
		d := int(a.RGB[i]) - int(b.RGB[i])
		sum += max(d, -d)
	}
	return float64(sum) / float64(len(a.RGB))
}
