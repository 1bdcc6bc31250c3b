//go:build soak

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What an uplink that gets narrow and wide again may do to those who watch.
const (
	wide, tight   = 3000, 500 // kbit/s
	phase         = 20 * time.Second
	longestFreeze = time.Second
	recovered     = 0.9 // of the bitrate before
)

// TestSoakUplinkThatGetsNarrow cuts what a sender can send to a sixth, and lets it have all again. SOAK_SINK has further properties
// of the sender's.
func TestSoakUplinkThatGetsNarrow(t *testing.T) {
	t.Run("three sizes", func(t *testing.T) { narrowAndWiden(t, "simulcast=true") })
	t.Run("one size", func(t *testing.T) { narrowAndWiden(t, "simulcast=false") })
}

func narrowAndWiden(t *testing.T, properties string) {
	build, err := filepath.Abs("../../build")
	if err != nil {
		t.Fatal(err)
	}
	ctx, log := t.Context(), filepath.Join(t.TempDir(), "deployment.log")
	st, err := newStage(ctx, settings{build: build, length: phase, log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := st.close(); err != nil {
			t.Error(err)
		}
		showOnFailure(t, log)
	}()
	location := st.newRoom()
	if err := st.narrowUplink(ctx, wide); err != nil {
		t.Fatal(err)
	}
	watcher, err := st.startIn(st.serverSpace, "watcher", st.watcher(ours, location, true), 0, true)
	if err != nil {
		t.Fatal(err)
	}
	defer watcher.end()
	sender, err := st.start("sender", launchCommand("videotestsrc is-live=true pattern=smpte horizontal-speed=7 ! "+
		"video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! queue ! jitsisink name=j "+properties+" "+os.Getenv("SOAK_SINK")+" location="+location+
		" audiotestsrc is-live=true wave=ticks ! queue ! j.audio_0"), 0, false)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.end()
	if err := watcher.wait(ctx, watcher.pictures.first, "show a picture"); err != nil {
		t.Fatalf("%v\n%s", err, sender.said())
	}
	began := time.Now()
	var rates []float64
	for _, rate := range []int{wide, tight, wide} {
		if err := st.narrowUplink(ctx, rate); err != nil {
			t.Fatal(err)
		}
		more, err := st.watchUplink(ctx, sender, phase)
		if err != nil {
			t.Fatal(err)
		}
		rates = append(rates, more...)
	}
	t.Logf("since %s sent each second, kbit/s: %s", began.Format("15:04:05.0"), kilobits(rates))
	judgeUplink(t, watcher.pictures.since(began.Add(phase/2)), began, rates) // until then all begins
}

func judgeUplink(t *testing.T, list []shown, began time.Time, rates []float64) {
	freeze, at := longestStill(list)
	before, after := mean(rates[phase/time.Second/2:phase/time.Second]), mean(rates[len(rates)-4:])
	t.Logf("the picture stood for %v at most, %.1f s after the beginning; %.0f kbit/s before and %.0f after",
		freeze, at.Sub(began).Seconds(), before/1000, after/1000)
	if freeze > longestFreeze {
		t.Errorf("the picture stood for %v", freeze)
	}
	if after < recovered*before {
		t.Errorf("%v after the line is wide again, %.0f %% of the bitrate are back", phase, 100*after/before)
	}
}

// showOnFailure tells what the bridge did about sizes and key frames.
func showOnFailure(t *testing.T, log string) {
	text, err := os.ReadFile(log)
	if !t.Failed() || err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "layer-changed") || strings.Contains(line, "key-frame") {
			t.Log(strings.TrimSpace(line))
		}
	}
}

// watchUplink gives what is sent each second, bit/s.
func (st *stage) watchUplink(ctx context.Context, c *client, during time.Duration) ([]float64, error) {
	var rates []float64
	last, err := st.sent(ctx)
	for range during / time.Second {
		if err == nil {
			err = c.pause(ctx, time.Second)
		}
		if err != nil {
			return nil, err
		}
		var now int64
		now, err = st.sent(ctx)
		rates = append(rates, float64(now-last)*8)
		last = now
	}
	return rates, err
}

// longestStill is the longest time without another picture, and when it began.
func longestStill(list []shown) (longest time.Duration, began time.Time) {
	var last time.Time
	for _, s := range list {
		if s.same {
			continue
		}
		if still := s.at.Sub(last); !last.IsZero() && still > longest {
			longest, began = still, last
		}
		last = s.at
	}
	return longest, began
}

func mean(list []float64) float64 {
	sum := 0.0
	for _, value := range list {
		sum += value
	}
	return sum / float64(len(list))
}

func kilobits(rates []float64) string {
	var text []string
	for _, rate := range rates {
		text = append(text, fmt.Sprintf("%.0f", rate/1000))
	}
	return strings.Join(text, " ")
}
