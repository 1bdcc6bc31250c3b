package elements

import (
	"context"
	"fmt"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/jingle"
)

// Muxers, mixers and compositors stand still while one of their pads gets nothing, and a GAP event is nothing to most of
// them. So a pad that nobody fills, or whose source is muted or frozen, gives silence or a still picture.

const (
	watchInterval = 250 * time.Millisecond
	// quietLimit is how long a pad may give nothing.
	quietLimit = time.Second
	// screenLimit is the same for shared screens, of which browsers send a picture now and then while nothing moves.
	screenLimit = 3 * time.Second
	// mutedLimit is the same where it is known that nothing will come: the source says so, or the pad's peer has refused it. What was
	// under way comes before.
	mutedLimit = 250 * time.Millisecond
	// expectedLimit is the same for a source that is there and will begin any moment.
	expectedLimit = 4 * time.Second
	// decidingLimit is the same where that source's first picture decides on what a muxer takes, and nothing else can come before.
	decidingLimit = 20 * time.Second
	// fillerHaste is how much earlier than the jitter buffer a filler gives its media, so that it is late nowhere.
	fillerHaste = 20 * time.Millisecond
)

// The size of pictures where nothing says another one.
const fillerWidth, fillerHeight = 320, 180

// filler stands in on a pad.
type filler struct {
	chain  *media.Filler // nil: there is no way to fill this pad
	input  gstx.Input
	repeat bool // shows the last picture, else black
}

// watchPads looks at the pads from time to time.
func (c *controller) watchPads(ctx context.Context) {
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.post(func() {
				pads := c.receivingPads()
				c.hasten(pads)
				if c.speaker.shown != c.speaker.wanted {
					c.route() // the picture may not come
					return
				}
				c.fill(pads, catalogue(c.present, c.sources))
			})
		case <-ctx.Done():
			return
		}
	}
}

// fill starts, changes and stops what stands in on the pads.
func (c *controller) fill(pads []*sourcePad, offers []offer) {
	for _, p := range pads {
		if c.flowing.IsZero() && p.current != nil {
			c.flowing = time.Now()
		}
	}
	for _, p := range pads {
		if p.end == nil {
			continue
		}
		c.checkRefusal(p)
		o, offered := c.wanted(p, offers)
		repeat := p.media == jingle.Video && p.end.HasPicture() && (p.current != nil && !o.muted || !goesOn(p.end.Caps()))
		switch {
		case p.filler != nil && p.filler.repeat != repeat && p.filler.chain != nil:
			c.stopFilling(p)
			c.startFilling(p, o, repeat)
		case p.filler == nil && c.isQuiet(p, o, offered) && !p.takesRTP():
			c.startFilling(p, o, repeat)
			c.tell(p)
		}
		if p.filler != nil && p.next == nil && p.current != nil {
			p.end.Await(p.current.input) // it may come back
		}
	}
}

// goesOn says whether black pictures can follow what was sent.
func goesOn(sent *gst.Caps) bool {
	if sent == nil {
		return true
	}
	codec, encoded := media.ByCaps(sent.GetStructure(0).GetName())
	return !encoded || media.CanContinue(codec)
}

// isQuiet says whether a pad, for which there is an offer or none, has given nothing for so long that what follows would stand still.
func (c *controller) isQuiet(p *sourcePad, o offer, offered bool) bool {
	if p.current != nil {
		limit := quietLimit
		switch {
		case offered && o.muted:
			limit = mutedLimit
		case p.current.source.VideoType == jingle.Desktop:
			limit = screenLimit
		}
		return p.end.Idle(p.current.input) > limit
	}
	since, limit := p.quiet, quietLimit
	switch {
	case offered && p.refused != 0 && p.refused == o.ssrc:
		limit = mutedLimit
	case offered && !o.muted:
		limit = expectedLimit
	}
	if p.end.Caps() == nil && gstx.MuxerBehind(p.ghost).Found() {
		// The first picture decides on the codec of a recording: wait until there is a conference to tell which.
		if c.flowing.IsZero() {
			return false
		}
		if c.flowing.After(since) {
			since = c.flowing
		}
		if offered && !o.muted && c.decides(p, o) {
			limit = decidingLimit
		}
	}
	return time.Since(since) > limit
}

// decides says whether nothing else could come before the first picture of what is offered without deciding on the recording.
func (c *controller) decides(p *sourcePad, o offer) bool {
	if codec, known := c.codecOf(o); known {
		return !media.CanContinue(codec)
	}
	codec, ok := c.fillerCodec(p, o, nil)
	return ok && !media.CanContinue(codec)
}

// codecOf is the codec of what is offered, if its media has come.
func (c *controller) codecOf(o offer) (media.Codec, bool) {
	if s := c.streams[o.ssrc]; s != nil {
		return media.ByName(s.Codec)
	}
	return media.Codec{}, false
}

func (c *controller) startFilling(p *sourcePad, o offer, repeat bool) {
	f := &filler{repeat: repeat}
	p.filler = f
	chain, err := c.newFiller(p, o, repeat)
	if err != nil {
		c.e.warn(fmt.Sprintf("pad %s gives nothing while nobody fills it: %v", p.ghost.GetName(), err))
		return
	}
	var input gst.Pad
	f.input, input = p.end.AddInput()
	p.end.Fill(f.input, chain.Announced, max(c.latency()-fillerHaste, 0))
	p.end.Repeat(f.input, repeat)
	p.end.SetMuxer(gstx.MuxerBehind(p.ghost))
	f.chain = chain
	chain.Output().Link(input)
	p.end.Show(f.input)
	chain.Start()
	gstx.Log.Logf(gst.LevelDebug, c.e, "%s is filled, with the last picture: %v", p.ghost.GetName(), repeat)
}

func (c *controller) stopFilling(p *sourcePad) {
	f := p.filler
	p.filler = nil
	if f == nil || f.chain == nil {
		return
	}
	end := p.end
	end.Forget(f.input)
	release := gstx.Hold(end.Element) // the pad may be shut meanwhile
	c.cleaning.Go(func() {
		defer release()
		defer gstx.Recover(c.e, "filler")
		f.chain.Close()
		end.RemoveInput(f.input)
	})
}

// newFiller makes what the pad's peer takes: encoded if it would take the stream so, too.
func (c *controller) newFiller(p *sourcePad, o offer, repeat bool) (*media.Filler, error) {
	if repeat {
		return media.NewTicker(c.e)
	}
	sent := p.end.Caps()
	if codec, ok := c.fillerCodec(p, o, sent); ok {
		width, height := pictureSize(sent)
		return media.NewEncodedFiller(c.e, codec, width, height)
	}
	caps, err := rawFillerCaps(p, sent)
	switch {
	case err != nil && gstx.MuxerBehind(p.ghost).Fixed():
		return nil, fmt.Errorf("%w; a muxer without a parser in front of it gets black pictures", err)
	case err != nil:
		return nil, err
	}
	return media.NewRawFiller(c.e, p.media, caps)
}

// fillerCodec finds the codec to fill a pad with; false: its peer wants raw media.
func (c *controller) fillerCodec(p *sourcePad, o offer, sent *gst.Caps) (media.Codec, bool) {
	if sent != nil {
		return media.ByCaps(sent.GetStructure(0).GetName())
	}
	if codec, known := c.codecOf(o); known && p.takesFiller(codec) {
		return codec, true
	}
	for _, s := range c.streams { // what the others send is what comes here, most likely
		if codec, ok := media.ByName(s.Codec); ok && codec.Media == p.media && p.takesFiller(codec) {
			return codec, true
		}
	}
	for _, codec := range c.preferred(p.media) {
		if p.takesFiller(codec) {
			return codec, true
		}
	}
	return media.Codec{}, false
}

// takesFiller says whether the pad can begin with black pictures, or silence, of a codec, and go on with those of others.
func (p *sourcePad) takesFiller(codec media.Codec) bool {
	if !media.CanFill(codec) || !p.takesEncoded(codec) {
		return false
	}
	return media.CanContinue(codec) || !gstx.MuxerBehind(p.ghost).Fixed()
}

// preferred lists the codecs that we take, the best first.
func (c *controller) preferred(m jingle.Media) []media.Codec {
	if m == jingle.Audio {
		return media.Of(m)
	}
	var codecs []media.Codec
	for _, name := range c.config.VideoCodecs {
		if codec, ok := media.ByName(name); ok {
			codecs = append(codecs, codec)
		}
	}
	return codecs
}

func pictureSize(sent *gst.Caps) (width, height int) {
	if sent != nil {
		s := sent.GetStructure(0)
		w, hasWidth := s.GetInt("width")
		h, hasHeight := s.GetInt("height")
		if hasWidth && hasHeight {
			return int(w), int(h)
		}
	}
	return fillerWidth, fillerHeight
}

// rawFillerCaps is what was sent before, as far as it matters, or what we like best of what the peer takes.
func rawFillerCaps(p *sourcePad, sent *gst.Caps) (*gst.Caps, error) {
	taken := p.ghost.PeerQueryCaps(nil)
	for _, text := range rawPreferences(p.media, sent) {
		caps := gst.CapsFromString(text)
		if taken == nil || taken.CanIntersect(caps) {
			return caps, nil
		}
	}
	return nil, fmt.Errorf("its peer takes %s", taken)
}

func rawPreferences(m jingle.Media, sent *gst.Caps) []string {
	var list []string
	if m == jingle.Audio {
		if sent != nil {
			list = append(list, sent.String())
		}
		return append(list, "audio/x-raw,format=S16LE,rate=48000,channels=2,layout=interleaved", "audio/x-raw,rate=48000", "audio/x-raw")
	}
	rate := ",framerate=5/1"
	size := fmt.Sprintf(",width=%d,height=%d", fillerWidth, fillerHeight)
	if sent != nil {
		w, h := pictureSize(sent)
		size = fmt.Sprintf(",width=%d,height=%d", w, h)
		format := ",format=" + sent.GetStructure(0).GetString("format")
		list = append(list, "video/x-raw"+format+size+rate, "video/x-raw"+format+size)
	}
	return append(list, "video/x-raw,format=I420"+size+rate, "video/x-raw"+size+rate, "video/x-raw"+size, "video/x-raw"+rate, "video/x-raw")
}
