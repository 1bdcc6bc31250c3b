package elements

import (
	"strings"
	"testing"
	"time"

	"gstjitsi/signaling/conference"
)

// playing is what an element in PLAYING has.
func playing() liveness {
	l := newLiveness()
	l.play(true, time.Time{})
	return l
}

func TestWhenASessionIsDead(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	open := func(l *liveness) { l.channel(conference.BridgeChannel{Open: true}, start.Add(time.Second)) }
	closedAt := func(s int) func(*liveness) {
		return func(l *liveness) {
			open(l)
			l.channel(conference.BridgeChannel{}, start.Add(time.Duration(s)*time.Second))
		}
	}
	unknownAt := func(s int) func(*liveness) {
		return func(l *liveness) {
			closedAt(s)(l)
			l.channel(conference.BridgeChannel{Unknown: true}, start.Add(time.Duration(s)*time.Second))
		}
	}
	for _, tt := range []struct {
		name      string
		events    func(*liveness)
		at        int // seconds after the start
		connected bool
		silence   int
		want      string // empty: it lives
	}{
		{"media flows", open, 100, true, 0, ""},
		{"silence alone: a bridge that is frozen, or nobody speaks", open, 100, true, 50, ""},
		{"a closed channel alone", closedAt(50), 100, true, 0, ""},
		{"a closed channel and silence", closedAt(83), 100, true, 17, "channel is closed"},
		{"a closed channel and silence while the focus does not know of it", closedAt(85), 100, true, 15, ""},
		{"silence, and a channel that closed just now", closedAt(99), 100, true, 20, ""},
		{"a bridge that does not know us", unknownAt(99), 100, true, 17, "does not know us"},
		{"a bridge that is back and does not know us while the focus does not know of it", unknownAt(90), 100, true, 15, ""},
		{"a bridge that does not know us, and media", unknownAt(99), 100, true, 0, ""},
		{"a channel that never opened, and silence", nil, 18, true, 18, "channel is closed"},
		{"still connecting", nil, 10, false, 10, ""},
		{"never connected", nil, 16, false, 16, "no media connection"},
		{"another network and silence", func(l *liveness) { open(l); l.changed = start.Add(96 * time.Second) }, 100, true, 4, "network has changed"},
		{"another network and media", func(l *liveness) { open(l); l.changed = start.Add(96 * time.Second) }, 100, true, 0, ""},
		{"another network long ago", func(l *liveness) { open(l); l.changed = start.Add(10 * time.Second) }, 100, true, 4, ""},
		{"another network before the session", func(l *liveness) { open(l); l.changed = start.Add(-time.Second) }, 10, true, 4, ""},
		{"paused", func(l *liveness) { l.play(false, start) }, 100, false, 100, ""},
		{"paused, and a closed channel", func(l *liveness) { closedAt(50)(l); l.play(false, start) }, 100, true, 50, ""},
		{"paused until now", func(l *liveness) { closedAt(50)(l); l.play(false, start); l.play(true, start.Add(95*time.Second)) }, 100, true, 50, ""},
		{"paused until now, without a connection", func(l *liveness) { l.play(false, start); l.play(true, start.Add(95*time.Second)) }, 100, false, 100, ""},
		{"paused until some time ago", func(l *liveness) { closedAt(50)(l); l.play(false, start); l.play(true, start.Add(80*time.Second)) }, 100, true, 50, "channel is closed"},
		{"restarted a moment ago", func(l *liveness) { closedAt(50)(l); l.restarted(start.Add(99 * time.Second)) }, 100, true, 20, ""},
		{"restarted some time ago", func(l *liveness) { closedAt(50)(l); l.restarted(start.Add(90 * time.Second)) }, 100, true, 20, "channel is closed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := playing()
			l.begin(start)
			if tt.events != nil {
				tt.events(&l)
			}
			got := l.dead(start.Add(time.Duration(tt.at)*time.Second), tt.connected, time.Duration(tt.silence)*time.Second)
			if (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRestartsThatDoNotHelpGetRarer(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	l := playing()
	l.pauses.Random = func(time.Duration) time.Duration { return 0 }
	for _, want := range []time.Duration{4, 8, 16, 32, 60, 60} {
		l.begin(now)
		l.restarted(now.Add(time.Second))
		if got := l.earliest.Sub(now.Add(time.Second)); got != want*time.Second {
			t.Errorf("the next one may come after %s, want %d s", got, want)
		}
		now = now.Add(time.Minute)
	}
	l.begin(now)
	l.channel(conference.BridgeChannel{Open: true}, now)
	if l.restarted(now); l.earliest.Sub(now) != 4*time.Second {
		t.Errorf("after a good session the next one may come after %s", l.earliest.Sub(now))
	}
}

func TestSessionsThatNeverWorkAreHopelessAfterAWhile(t *testing.T) {
	const limit = 20 * lookInterval
	looks := func(l *liveness, works bool, times int) (hopeless bool) {
		for range times {
			hopeless = l.look(works, limit)
		}
		return hopeless
	}
	l := playing()
	if looks(&l, false, 20) || !looks(&l, false, 1) {
		t.Errorf("the limit is not %s", limit)
	}
	l = playing()
	looks(&l, false, 15)
	if looks(&l, true, 1) || looks(&l, false, 1000) {
		t.Error("a stay in which media has been exchanged is given up")
	}
	l = newLiveness() // in PAUSED
	if looks(&l, false, 1000) {
		t.Error("an element in PAUSED gives up")
	}
}
