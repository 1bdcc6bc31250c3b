package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// shrink samples a picture of the film as a scaler would, roughly.
func shrink(picture []byte) []byte {
	small := make([]byte, smallSize)
	for y := range smallHeight {
		for x := range smallWidth {
			small[y*smallWidth+x] = picture[y*filmHeight/smallHeight*filmWidth+x*filmWidth/smallWidth]
		}
	}
	return small
}

func TestPicturesCarryTheirNumber(t *testing.T) {
	for _, number := range []int{0, 1, 2, 170, filmFrames - 1, 1<<digits - 1} {
		if got := readNumber(shrink(filmPicture(number))); got != number {
			t.Errorf("%d is read as %d", number, got)
		}
	}
}

func TestCountersAreRead(t *testing.T) {
	c := &client{counts: map[string]count{}, counting: make(chan struct{}), wanted: 2}
	for _, line := range []string{"v0 (00:00:01):   30 buffers", "something else", "v0 (00:00:02): 60 buffers", "a_x ( 0: 0: 2): Could not query position"} {
		c.line(line)
	}
	if got := c.snapshot(); len(got) != 1 || got["v0"].buffers != 60 {
		t.Errorf("%+v", got)
	}
	select {
	case <-c.counting:
		t.Error("one counter is taken for two")
	default:
	}
	c.line("aee40f21 (00:00:02): 100 buffers")
	select {
	case <-c.counting:
	default:
		t.Error("two counters count, and nobody knows")
	}
}

func TestRatesAreOfTheTimeBetween(t *testing.T) {
	now := time.Now()
	c := &client{counts: map[string]count{"v0": {90, now}, "v1": {60, now}, "anew": {7, now}}}
	rates := c.rates(map[string]count{"v0": {30, now.Add(-2 * time.Second)}, "v1": {0, now.Add(-2 * time.Second)}})
	if rates["v"] != 60 || rates["a"] != 0 {
		t.Errorf("%v", rates)
	}
}

func TestAProcessIsMeasured(t *testing.T) {
	m, err := newMeter(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for cpu := m.cpu; cpu-m.cpu < 2*time.Second/clockTicks; {
		if cpu, err = cpuTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.read()
	if err != nil {
		t.Fatal(err)
	}
	if f[cpuShare] <= 0 || f[peakRSS] < 1 || f[threads] < 1 {
		t.Errorf("%v", f)
	}
	if _, err := newMeter(-1); err == nil {
		t.Error("no process is measured, too")
	}
}

func TestAResultIsShown(t *testing.T) {
	r := result{Case: "case", About: "about", Runs: map[string][]figures{}}
	for _, cpu := range []float64{3, 1, 2} {
		r.add(ours, figures{cpuShare: cpu})
		r.add(gstMeet, figures{cpuShare: 10 * cpu})
	}
	if table := r.table(); !strings.Contains(table, "2.0 [1.0 … 3.0]") || !strings.Contains(table, "20.0 [10.0 … 30.0]") {
		t.Errorf("the table is\n%s", table)
	}
	folder := t.TempDir()
	if err := report(folder, []result{r}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"figures.json", "table.txt", "cpu.svg"} {
		if info, err := os.Stat(folder + "/" + name); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
