// Package browser is a participant whose media is Chromium's: a page of ours with one plain peer connection, and our
// signalling beside it. So the tests have somebody who encodes, decodes and judges packets as most participants do.
package browser

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pion/logging"

	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
	"gstjitsi/tests/media"
)

// Options says who takes part.
type Options struct {
	Location string // of the meeting, as in a browser; the usual addresses are taken
	Nick     string
	Codec    string // of the video, both ways: vp8, vp9, h264, av1

	Microphone float64 // a tone of so many hertz; 0: none
	Camera     string  // a colour of CSS; empty: none
	Screen     string  // the same
}

// Sends is what the page sends over an m-line.
type Sends struct {
	Hertz  float64 `json:"hertz,omitempty"`
	Colour string  `json:"colour,omitempty"`
	Width  int     `json:"width,omitempty"`
	Height int     `json:"height,omitempty"`
}

// Browser is a participant in Chromium.
type Browser struct {
	options  Options
	chromium *chromium
	conf     *conference.Conference
	ctx      context.Context
	leave    context.CancelFunc
	stay     sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when something below changes
	joined  bool
	err     error
	views   map[string]View

	// Events and reports come one after the other; only run touches these.
	offer    *jingle.SessionInitiate
	lines    mlines
	busy     bool // the page has an offer that it hasn't answered
	again    bool // and there will be another
	accepted bool
}

// View is what the page shows and plays of a source at last.
type View struct {
	Picture       media.Picture
	Width, Height int     // of the video as it came
	Time          float64 // of the picture, seconds
	Hertz         float64
}

// Join opens a browser and joins; it returns when it is in the room, or can't be.
func Join(ctx context.Context, options Options) (*Browser, error) {
	meeting, err := discovery.ParseLocation(options.Location)
	if err != nil {
		return nil, err
	}
	room, err := discovery.NormaliseRoom(meeting.Room)
	if err != nil {
		return nil, err
	}
	loggers := logging.NewDefaultLoggerFactory()
	loggers.DefaultLogLevel = logging.LogLevelDisabled
	found, err := discovery.Discover(ctx, meeting, discovery.Options{Log: loggers.NewLogger("discovery")})
	if err != nil {
		return nil, err
	}
	b := &Browser{options: options, changed: make(chan struct{}), views: map[string]View{}}
	if b.conf, err = conference.New(conference.Config{
		WebSocketURL: found.WebSocketURL, XMPPDomain: found.XMPPDomain, MUCDomain: found.MUCDomain, FocusJID: found.FocusJID,
		Room: room, Nick: options.Nick, Codecs: []string{options.Codec}, Loggers: loggers,
	}); err != nil {
		return nil, err
	}
	if b.chromium, err = open(ctx); err != nil {
		return nil, err
	}
	b.start()
	if err := b.wait(ctx, "to be in the room", func() bool { return b.joined }); err != nil {
		b.Leave()
		return nil, err
	}
	return b, nil
}

func (b *Browser) start() {
	b.ctx, b.leave = context.WithCancel(context.Background())
	b.conf.SetLocalSources(b.announced())
	b.conf.SetReceiverConstraints(colibri.ReceiverVideoConstraints{LastN: -1, DefaultConstraints: colibri.VideoConstraints{MaxHeight: 2160}})
	b.stay.Go(func() {
		if err := b.conf.Run(b.ctx); err != nil {
			b.fail(err)
		}
	})
	reports := make(chan report)
	b.stay.Go(func() {
		for {
			r, err := b.chromium.hear(b.ctx)
			if err != nil {
				b.fail(err)
				return
			}
			select {
			case reports <- r:
			case <-b.ctx.Done():
				return
			}
		}
	})
	b.stay.Go(func() { b.run(reports) })
}

func (b *Browser) run(reports <-chan report) {
	for {
		var err error
		select {
		case e, open := <-b.conf.Events():
			if !open {
				return
			}
			err = b.handle(e)
		case r := <-reports:
			err = b.take(r)
		}
		if err != nil {
			b.fail(err)
		}
	}
}

// fail notes the first error; none after leaving.
func (b *Browser) fail(err error) {
	b.change(func() {
		if b.err == nil && b.ctx.Err() == nil {
			b.err = err
		}
	})
}

func (b *Browser) change(how func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	how()
	close(b.changed)
	b.changed = make(chan struct{})
}

// wait waits until something is reached, or the browser fails.
func (b *Browser) wait(ctx context.Context, what string, reached func() bool) error {
	for {
		b.mu.Lock()
		ok, err, changed := reached(), b.err, b.changed
		b.mu.Unlock()
		switch {
		case ok:
			return nil
		case err != nil:
			return fmt.Errorf("%s: wait %s: %w", b.options.Nick, what, err)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s: wait %s: %w", b.options.Nick, what, context.Cause(ctx))
		}
	}
}

// ID is the endpoint id.
func (b *Browser) ID() string { return b.conf.EndpointID() }

// WaitView waits until what the page shows and plays of a source is as wanted.
func (b *Browser) WaitView(ctx context.Context, source, what string, wanted func(View) bool) (View, error) {
	var last View
	err := b.wait(ctx, "for "+what+" of "+source, func() bool {
		last = b.views[source]
		return wanted(last)
	})
	if err != nil {
		err = fmt.Errorf("%w; the last was %dx%d of %s, %.0f Hz", err, last.Width, last.Height, last.kind(), last.Hertz)
	}
	return last, err
}

func (v View) kind() string {
	if len(v.Picture.RGB) == 0 {
		return "nothing"
	}
	return v.Picture.Kind()
}

// Leave leaves the room and closes the browser; the error is what went wrong before.
func (b *Browser) Leave() error {
	b.leave()
	b.chromium.close()
	b.stay.Wait()
	return b.err
}

// sends is what the page sends, by the m-lines' mids.
func (b *Browser) sends() map[string]Sends {
	sends := map[string]Sends{}
	if b.options.Microphone > 0 {
		sends[audioMid] = Sends{Hertz: b.options.Microphone}
	}
	if b.options.Camera != "" {
		sends[videoMid] = Sends{Colour: b.options.Camera, Width: 320, Height: 180}
	}
	if b.options.Screen != "" {
		sends[screenMid] = Sends{Colour: b.options.Screen, Width: 320, Height: 180}
	}
	return sends
}

// local is one of our sources, by its m-line.
func (b *Browser) local(mid string) (name string, kind jingle.Media, shows jingle.VideoType) {
	switch mid {
	case audioMid:
		return b.conf.SourceName(jingle.Audio, 0), jingle.Audio, ""
	case screenMid:
		return b.conf.SourceName(jingle.Video, 1), jingle.Video, jingle.Desktop
	}
	return b.conf.SourceName(jingle.Video, 0), jingle.Video, jingle.Camera
}

func (b *Browser) announced() []conference.LocalSource {
	var list []conference.LocalSource
	for mid := range b.sends() {
		name, kind, shows := b.local(mid)
		list = append(list, conference.LocalSource{Name: name, Media: kind, VideoType: shows})
	}
	return list
}

func (b *Browser) handle(event conference.Event) error {
	switch e := event.(type) {
	case conference.StateChanged:
		if e.State == conference.Joined || e.State == conference.InSession {
			b.change(func() { b.joined = true })
		}
	case conference.SessionStarted:
		if b.offer != nil {
			return errors.New("a second session, which the page has no peer connection for")
		}
		b.offer, b.lines = e.Offer, newMLines(b.sends())
		return b.negotiate()
	case conference.SourceAdded:
		b.lines.add(e.Source)
		return b.negotiate()
	case conference.SourceRemoved:
		b.lines.remove(e.Source)
		b.change(func() { delete(b.views, e.Source.Name) })
		return b.negotiate()
	}
	return nil
}

// negotiate gives the page an offer, now or after the one that it has.
func (b *Browser) negotiate() error {
	if b.busy {
		b.again = true
		return nil
	}
	text, err := b.lines.offer(b.offer, b.codecs())
	if err != nil {
		return err
	}
	b.busy, b.again = true, false
	return b.chromium.say(b.ctx, text, b.sends())
}

func (b *Browser) codecs() []string { return []string{"opus", b.options.Codec} }

func (b *Browser) take(r report) error {
	switch {
	case r.Answer != "":
		b.busy = false
		if !b.accepted {
			if err := b.accept(r.Answer); err != nil {
				return err
			}
		}
		if b.again {
			return b.negotiate()
		}
	case r.Connection == "failed":
		return errors.New("the browser's connection to the bridge has failed")
	case r.Source != "":
		b.change(func() {
			v := b.views[r.Source]
			if r.Width > 0 {
				v.Picture = media.Picture{Width: 64, Height: 36, RGB: r.Picture}
				v.Width, v.Height, v.Time = r.Width, r.Height, r.Time
			} else {
				v.Hertz = r.Hertz
			}
			b.views[r.Source] = v
		})
	}
	return nil
}

// accept answers the session with the page's first answer; later ones say nothing new to the bridge.
func (b *Browser) accept(text string) error {
	b.accepted = true
	parsed, err := sdp.ParseAnswer(text)
	if err != nil {
		return err
	}
	dtls, err := fingerprint(text, parsed.Setup)
	if err != nil {
		return err
	}
	taken := sdp.Options{Codecs: b.codecs()}
	answer := jingle.SessionAccept{
		Audio: sdp.Take(b.offer.Audio, taken), Video: sdp.Take(b.offer.Video, taken),
		Transport: jingle.Transport{Ufrag: parsed.Ufrag, Pwd: parsed.Pwd, Fingerprint: dtls},
	}
	for mid, ssrcs := range answered(text) {
		name, kind, shows := b.local(mid)
		source := jingle.LocalSource{Name: name, Media: kind, VideoType: shows, MSID: name + "-stream " + name, SSRCs: ssrcs[:1]}
		if rtx := parsed.RTX[ssrcs[0]]; rtx != 0 {
			source.RTX = []uint32{rtx}
		}
		answer.Sources = append(answer.Sources, source)
	}
	b.conf.Accept(b.offer.SID, answer)
	return nil
}
