package main

import (
	"io"
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

func TestStepsAreReadOffALog(t *testing.T) {
	began := time.Now()
	tl := newTimeline()
	tl.began = began
	lines := []struct {
		at   time.Duration // when we read it
		text string
	}{
		{30, `0:00:00.010000000 1 0x1 INFO GST_PLUGIN_LOADING gstplugin.c:987:load:<p> plugin "/x/libgstjitsi.so" loaded`},
		{31, `no line of a log`},
		{90, `0:00:00.050000000 1 0x1 INFO jitsi-jingle session.go:77:conference.(*stay).startSession:<j> session abc starts, 4 sources`},
		{95, `0:00:00.070000000 1 0x1 INFO jitsi-jingle session.go:77:conference.(*stay).startSession:<j> session def starts, 4 sources`},
	}
	for _, l := range lines {
		tl.line(l.text, began.Add(l.at*time.Millisecond))
	}
	got := tl.figures()
	if got["plugin loaded, ms"] != 30 || got["session-initiate, ms"] != 70 || len(got) != 2 {
		t.Errorf("%v", got)
	}
}

func TestGoalsAreRatiosOfMedians(t *testing.T) {
	r := result{Case: "receive-encoded-4", Runs: map[string][]figures{}}
	r.add(ours, figures{cpuShare: 3})
	r.add(gstMeet, figures{cpuShare: 20})
	one := result{Case: "receive-encoded-1", Runs: map[string][]figures{ours: {{cpuShare: 1.5}}}}
	text := goalTable([]result{one, r})
	for _, want := range []string{"15.0 %", "0.50"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "simulcast") {
		t.Errorf("what was not measured is in\n%s", text)
	}
	if text := goalTable(nil); text != "" {
		t.Errorf("nothing measured makes %q", text)
	}
}

func TestLostSoundIsNeverLessThanNothing(t *testing.T) {
	if got := lost(49, 1); got < 1.99 || got > 2.01 {
		t.Errorf("one packet of fifty: %v", got)
	}
	if got := lost(101, 2); got != 0 {
		t.Errorf("more than all: %v", got)
	}
}

func TestALensSendsNumberedPicturesAgainAndAgain(t *testing.T) {
	reading, writing, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l := &lens{stopped: make(chan struct{}), sent: map[int]time.Time{}}
	l.done.Go(func() { l.film(writing, [][]byte{{0}, {1}}) })
	got := make([]byte, 3)
	if _, err := io.ReadFull(reading, got); err != nil || got[0] != 0 || got[1] != 1 || got[2] != 0 {
		t.Errorf("%v, %v", got, err)
	}
	if _, ok := l.sentAt(1); !ok {
		t.Error("nobody knows when the second one was sent")
	}
	if _, ok := l.sentAt(2); ok {
		t.Error("a third one was sent")
	}
	reading.Close()
	close(l.stopped)
	l.done.Wait()
}

func TestResultsAreAddedInTheOrderOfTheCases(t *testing.T) {
	folder := t.TempDir()
	if results, err := readResults(folder); err != nil || results != nil {
		t.Errorf("an empty folder: %v, %v", results, err)
	}
	results := put(put(nil, result{Case: "latency"}), result{Case: "receive-encoded-1"})
	if err := report(folder, results); err != nil {
		t.Fatal(err)
	}
	results, err := readResults(folder)
	if err != nil {
		t.Fatal(err)
	}
	results = put(results, result{Case: "latency", About: "anew"})
	if len(results) != 2 || results[0].Case != "receive-encoded-1" || results[1].About != "anew" {
		t.Errorf("%+v", results)
	}
	if err := os.WriteFile(folder+"/figures.json", []byte("no JSON"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readResults(folder); err == nil {
		t.Error("what can't be read is no error")
	}
}
