package media

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
)

// Rate is the sample rate of all Sound: Opus' own.
const Rate = 48000

// Sound is a piece of one channel: `audio/x-raw,format=S16LE,rate=48000,channels=1`.
type Sound []int16

func soundOf(data []byte) Sound {
	sound := make(Sound, len(data)/2)
	for i := range sound {
		sound[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return sound
}

// Level is the root mean square, 0 to 1 of full scale.
func (s Sound) Level() float64 {
	if len(s) == 0 {
		return 0
	}
	sum := 0.
	for _, sample := range s {
		sum += float64(sample) * float64(sample)
	}
	return math.Sqrt(sum/float64(len(s))) / 32768
}

// toneWindow is for how long a tone must go on without a break to count: a recording may jump where packets were lost or late.
const toneWindow = Rate / 10

// Share is how much of the sound's energy is at a frequency, 0 to 1.
func (s Sound) Share(hertz float64) float64 {
	var tone, all float64
	for window := range slices.Chunk(s, toneWindow) {
		power, energy := window.goertzel(hertz)
		tone += power / (float64(len(window)) / 2)
		all += energy
	}
	if all == 0 {
		return 0
	}
	return tone / all
}

// goertzel computes the power at a frequency, by Goertzel's algorithm, and the energy.
func (s Sound) goertzel(hertz float64) (power, energy float64) {
	coefficient := 2 * math.Cos(2*math.Pi*hertz/Rate)
	var last, beforeLast float64
	for _, sample := range s {
		value := float64(sample)
		energy += value * value
		last, beforeLast = value+coefficient*last-beforeLast, last
	}
	return last*last + beforeLast*beforeLast - coefficient*last*beforeLast, energy
}

// Silent sounds are quieter than anything audiotestsrc makes at a volume of 0.01.
func (s Sound) Silent() bool { return s.Level() < 0.001 }

// Is tells whether the sound is a tone of that frequency and nothing much else.
func (s Sound) Is(hertz float64) bool { return !s.Silent() && s.Share(hertz) > 0.6 }

// Kind describes the sound for reports: "silence", or its loudest frequency in steps of ten.
func (s Sound) Kind() string {
	if s.Silent() {
		return "silence"
	}
	loudest, share := 0., 0.
	for hertz := 50.; hertz <= 4000; hertz += 10 {
		if now := s.Share(hertz); now > share {
			loudest, share = hertz, now
		}
	}
	return fmt.Sprintf("%.0f Hz (%.0f %%)", loudest, 100*share)
}
