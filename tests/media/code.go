package media

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"time"
)

// CodeSource is a pipeline that plays what WriteCode wrote, as a microphone delivers.
const CodeSource = `filesrc location=code.s16 blocksize=1920 ! rawaudioparse format=pcm pcm-format=s16le sample-rate=48000 num-channels=1 ! clocksync`

// A code is a sound of one of two tones in every piece, as long as a packet is. Which comes next nobody can tell from those
// before: what conceals a lost packet is wrong half of the time.
const (
	codePiece           = Rate / 50
	codeLow, codeHigh   = 700., 1500. // Hz; both fit into a piece without a rest
	codePeriod          = 1023        // pieces until it repeats
	codeWindow          = 50          // pieces in which its place is looked for
	codeStep            = Rate / 1000
	recognised          = 0.85 // of a window: it is the code
	windowsLeftAtTheEnd = 2
)

// code is a sequence of maximal length (x^10 + x^7 + 1): each window is told from all others.
var code = func() (bits [codePeriod]bool) {
	state := uint16(1)
	for i := range bits {
		bits[i] = state&1 != 0
		state = state>>1 | (state^state>>3)&1<<9
	}
	return bits
}()

// WriteCode writes so much of the code.
func WriteCode(dir string, length time.Duration) error {
	data := make([]byte, 0, 2*Rate*int(length.Seconds()))
	for i := range int(length.Seconds() * Rate) {
		hertz := codeLow
		if code[i/codePiece%codePeriod] {
			hertz = codeHigh
		}
		sample := 0.4 * math.MaxInt16 * math.Sin(2*math.Pi*hertz*float64(i%codePiece)/Rate)
		data = binary.LittleEndian.AppendUint16(data, uint16(int16(sample)))
	}
	return os.WriteFile(filepath.Join(dir, "code.s16"), data, 0o644)
}

// ReadSound reads a file of samples.
func ReadSound(file string) (Sound, error) {
	data, err := os.ReadFile(file)
	return soundOf(data), err
}

// Decode counts the pieces of the code from its first in the sound to its last, and how many of them are wrong or missing.
func (s Sound) Decode() (pieces, wrong int) {
	last := -1 // place of the window before
	var misses []int
	for at := 0; at+(codeWindow+1)*codePiece <= len(s); at += codeWindow * codePiece {
		place, errors := s[at : at+(codeWindow+1)*codePiece].place()
		if float64(errors) > (1-recognised)*codeWindow {
			if last < 0 {
				continue // it has not begun
			}
			place, errors = (last+codeWindow)%codePeriod, codeWindow
		}
		if last >= 0 {
			jump := (place - last - codeWindow + 3*codePeriod/2) % codePeriod
			errors = min(errors+abs(jump-codePeriod/2), codeWindow)
		}
		misses = append(misses, errors)
		last = place
	}
	misses = misses[:max(len(misses)-windowsLeftAtTheEnd, 0)] // where the sender may have ended
	for _, n := range misses {
		wrong += n
	}
	return len(misses) * codeWindow, wrong
}

func abs(n int) int { return max(n, -n) }

// place finds where in the code a window is, and how many of its pieces are wrong there. It takes a piece more than a window has.
func (s Sound) place() (place, errors int) {
	errors = codeWindow
	for shift := 0; shift < codePiece; shift += codeStep {
		bits := make([]bool, codeWindow)
		for i := range bits {
			piece := s[shift+i*codePiece:][:codePiece]
			bits[i] = piece.Share(codeHigh) > piece.Share(codeLow)
		}
		for candidate := range codePeriod {
			wrong := 0
			for i, bit := range bits {
				if bit != code[(candidate+i)%codePeriod] {
					if wrong++; wrong >= errors {
						break
					}
				}
			}
			if wrong < errors {
				place, errors = candidate, wrong
			}
		}
	}
	return place, errors
}
