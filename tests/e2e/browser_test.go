package e2e

import (
	"math"
	"strings"
	"testing"

	"gstjitsi/tests/browser"
)

// browser lets Chromium join.
func (r *room) browser(options browser.Options) *browser.Browser {
	r.t.Helper()
	if r.remote != nil {
		r.remote.skip("a deployment whose addresses are the usual ones")
	}
	options.Location, options.Nick = r.server.URL()+"/"+r.name, "chromium"
	b, err := browser.Join(r.ctx, options)
	if err != nil {
		r.t.Fatal(err)
	}
	r.joined++
	r.t.Cleanup(func() {
		if err := b.Leave(); err != nil {
			r.t.Errorf("the browser: %v", err)
		}
	})
	return b
}

// browserShows waits until a browser shows a kind of picture from a source, and time goes on in it.
func (r *room) browserShows(b *browser.Browser, source, kind string) {
	r.t.Helper()
	shows := func(v browser.View) bool { return len(v.Picture.RGB) > 0 && v.Picture.Kind() == kind }
	first, err := b.WaitView(r.ctx, source, kind, shows)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := b.WaitView(r.ctx, source, "more of "+kind, func(v browser.View) bool { return shows(v) && v.Time > first.Time+1 }); err != nil {
		r.t.Fatal(err)
	}
}

// browserPlays waits until a browser plays a tone from a source.
func (r *room) browserPlays(b *browser.Browser, source string, hertz float64) {
	r.t.Helper()
	if _, err := b.WaitView(r.ctx, source, "the tone", func(v browser.View) bool { return math.Abs(v.Hertz-hertz) < 15 }); err != nil {
		r.t.Fatal(err)
	}
}

// What browsers do is what most participants do: each shows and plays what the other sends.
func TestABrowserAndWeSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	for _, codec := range []string{"vp8", "vp9", "h264"} {
		t.Run(codec, func(t *testing.T) {
			room := newRoom(t)
			ours := room.join("ours", strings.Replace(bin("red", 440), "{room}", "{room} video-codecs="+codec, 1))
			chromium := room.browser(browser.Options{Codec: codec, Camera: "blue", Microphone: 660})
			room.browserShows(chromium, ours.id+"-v0", "red")
			room.browserPlays(chromium, ours.id+"-a0", 440)
			ours.shows(0, "blue")
			ours.sounds(0, 660)
		})
	}
}

func TestABrowsersScreenIsShownBesideItsCamera(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	ours := room.join("ours", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.video_desktop ! {pictures}`)
	room.browser(browser.Options{Codec: "vp8", Camera: "blue", Screen: "lime"})
	ours.shows(0, "blue")
	ours.shows(1, "green")
}
