package elements

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

// maxIndex is the highest index of a source of ours by medium: one microphone, a camera and a screen.
var maxIndex = map[jingle.Media]int{jingle.Audio: 0, jingle.Video: 1}

// sinkPad is a pad of the application's that sends: one source of our participant.
type sinkPad struct {
	media  jingle.Media
	index  int
	ghost  gstx.SinkPad
	sender *media.Sender

	hold hold

	ended bool // EOS came; guarded by element.mu

	// only the controller touches these
	connected bool               // to the transport
	announced jingle.LocalSource // in the session; without SSRCs: not yet
}

func (e *element) newSinkPad(t padTemplate, template gst.PadTemplate, name string) (*sinkPad, error) {
	prefix := strings.TrimSuffix(t.name, "%u")
	index, err := e.sinkIndex(t.media, prefix, name)
	if err != nil {
		return nil, err
	}
	sender, err := media.NewSender(e, e.senderOptions(index))
	if err != nil {
		return nil, err
	}
	ghost := gstx.NewSinkPad(fmt.Sprintf("%s%d", prefix, index), template, sender.Input(), e.firstVideoType(index))
	p := &sinkPad{media: t.media, index: index, ghost: ghost, sender: sender, hold: hold{ghost: ghost, shift: sender.Shift}}
	p.hold.begin()
	ghost.AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		return e.onSinkEvent(p, info.GetEvent())
	})
	for _, property := range []string{"mute", "video-type", "max-bitrate"} {
		ghost.Connect("notify::"+property, func(_ gst.Pad, _ *gobject.ParamSpec) {
			defer gstx.Recover(e, property)
			e.controlling((*controller).updateSinks)
		})
	}
	return p, nil
}

// senderOptions are those of a pad of an index. Pictures of a screen are there to be read: one size is enough.
func (e *element) senderOptions(index int) media.SenderOptions {
	e.mu.Lock()
	defer e.mu.Unlock()
	options := media.SenderOptions{Sync: e.settings.sync, Stereo: e.settings.stereo, Layers: 1}
	if index == 0 {
		options.Layers = e.settings.layers()
	}
	return options
}

// firstVideoType is what a pad shows until the application says something else.
func (e *element) firstVideoType(index int) gstx.VideoType {
	if index > 0 {
		return gstx.Desktop
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.settings.videoType
}

// setFirstVideoType hands the element's property on to the pad.
func (e *element) setFirstVideoType() {
	e.mu.Lock()
	shows := e.settings.videoType
	e.mu.Unlock()
	for _, p := range e.sinkPads() {
		if p.media == jingle.Video && p.index == 0 {
			p.ghost.SetObjectProperty("video-type", shows)
		}
	}
}

func (e *element) sinkIndex(m jingle.Media, prefix, name string) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	used := map[int]bool{}
	for _, p := range e.sinks {
		if p.media == m {
			used[p.index] = true
		}
	}
	if text, ok := strings.CutPrefix(name, prefix); ok && text != "" && text != "%u" {
		index, err := strconv.Atoi(text)
		if err != nil || index < 0 || index > maxIndex[m] {
			return 0, fmt.Errorf("pad %s: a participant has %d %s sources at most", name, maxIndex[m]+1, m)
		}
		if used[index] {
			return 0, fmt.Errorf("pad %s is there already", name)
		}
		return index, nil
	}
	for index := range maxIndex[m] + 1 {
		if !used[index] {
			return index, nil
		}
	}
	return 0, fmt.Errorf("a participant has %d %s sources at most", maxIndex[m]+1, m)
}

// onSinkEvent runs on the application's streaming thread.
func (e *element) onSinkEvent(p *sinkPad, event *gst.Event) (ret gst.PadProbeReturn) {
	ret = gst.PadProbeOK
	defer gstx.Recover(e, "sink event")
	if event == nil {
		return ret
	}
	switch event.GetType() {
	case gst.EventCaps:
		if err := p.sender.SetCaps(event.ParseCaps()); err != nil {
			e.postMediaError(err, p.ghost.GetName())
			break
		}
		e.controlling((*controller).announceSinks)
	case gst.EventEOS:
		e.onSinkEOS(p)
		ret = gst.PadProbeDrop
	case gst.EventStreamStart:
		e.mu.Lock()
		p.ended = false
		e.mu.Unlock()
	}
	return ret
}

func (p *sinkPad) disconnect() {
	p.sender.Disconnect()
	p.connected, p.announced = false, jingle.LocalSource{}
}

// name is the source's name in signalling.
func (p *sinkPad) name(endpoint string) string {
	letter := "v"
	if p.media == jingle.Audio {
		letter = "a"
	}
	return fmt.Sprintf("%s-%s%d", endpoint, letter, p.index)
}

func (p *sinkPad) videoType() jingle.VideoType {
	if p.media == jingle.Audio {
		return ""
	}
	switch p.ghost.VideoType() {
	case gstx.NoVideo:
		return jingle.NoVideo
	case gstx.Desktop:
		return jingle.Desktop
	}
	return jingle.Camera
}

// muted says whether others are told that it is: a video that shows nothing counts, too.
func (p *sinkPad) muted() bool { return p.ghost.Mute() || p.videoType() == jingle.NoVideo }

func (p *sinkPad) localSource(endpoint string) conference.LocalSource {
	return conference.LocalSource{Name: p.name(endpoint), Media: p.media, VideoType: p.videoType(), Muted: p.muted()}
}
