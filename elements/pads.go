package elements

import (
	"slices"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// requestNewPad makes a pad of the application's, in any state.
func (e *element) requestNewPad(template gst.PadTemplate, name string, _ *gst.Caps) (pad gst.Pad) {
	defer gstx.Recover(e, "request pad")
	wanted, _ := template.ObjectProperty("name-template").(string)
	i := slices.IndexFunc(padTemplates(e.kind), func(t padTemplate) bool { return t.name == wanted })
	if i < 0 {
		return nil
	}
	t := padTemplates(e.kind)[i]
	if name == "" && e.wantsAudio(t) {
		t = padTemplates(e.kind)[slices.IndexFunc(padTemplates(e.kind), t.isTwin)]
		template = e.GetPadTemplate(t.name)
	}
	pad, err := e.addPad(t, template, name)
	if err != nil {
		gstx.Log.Logf(gst.LevelWarning, e, "no pad: %v", err)
		return nil
	}
	return pad
}

// isTwin finds the template of the other medium for the same direction.
func (t padTemplate) isTwin(o padTemplate) bool {
	return o.direction == t.direction && o.media != t.media
}

// wantsAudio guesses what a request without a name is for. An element that takes anything, such as a queue, is
// linked to the first template, video. A second camera is rare; the sound of a film is not, so that
//
//	d.video_0 ! queue ! jitsisink name=j  d.audio_0 ! queue ! j.
//
// makes the second pad an audio pad.
func (e *element) wantsAudio(t padTemplate) bool {
	if t.direction != gst.PadSink || t.media != jingle.Video {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	has := func(m jingle.Media) bool {
		return slices.ContainsFunc(e.sinks, func(p *sinkPad) bool { return p.media == m })
	}
	return has(jingle.Video) && !has(jingle.Audio)
}

func (e *element) addPad(t padTemplate, template gst.PadTemplate, name string) (gst.Pad, error) {
	var ghost gst.GhostPad
	if t.direction == gst.PadSrc {
		p, err := e.newSourcePad(t, template, name)
		if err != nil {
			return nil, err
		}
		ghost = p.ghost.GhostPad
		e.mu.Lock()
		e.sources = append(e.sources, p)
		e.mu.Unlock()
	} else {
		p, err := e.newSinkPad(t, template, name)
		if err != nil {
			return nil, err
		}
		ghost = p.ghost.GhostPad
		e.mu.Lock()
		e.sinks = append(e.sinks, p)
		e.mu.Unlock()
	}
	ghost.SetActive(true)
	e.AddPad(ghost)
	gstx.Unref(ghost) // the bindings' trampoline takes a reference that the virtual method does not want
	gstx.ChildAdded(e, ghost)
	e.controlling((*controller).padsChanged)
	return ghost, nil
}

func (e *element) releasePad(pad gst.Pad) {
	defer gstx.Recover(e, "release pad")
	name := pad.GetName()
	e.mu.Lock()
	var source *sourcePad
	var sink *sinkPad
	if i := slices.IndexFunc(e.sources, func(p *sourcePad) bool { return p.ghost.GetName() == name }); i >= 0 {
		source = e.sources[i]
		e.sources = slices.Delete(e.sources, i, i+1)
	}
	if i := slices.IndexFunc(e.sinks, func(p *sinkPad) bool { return p.ghost.GetName() == name }); i >= 0 {
		sink = e.sinks[i]
		e.sinks = slices.Delete(e.sinks, i, i+1)
	}
	c := e.control
	e.mu.Unlock()
	if sink != nil && c != nil { // before the pad is made inactive, which waits until the application's buffer is through
		c.do(func() { c.withdraw(sink) })
		sink.sender.Interrupt()
	}
	pad.SetActive(false)
	if source != nil && c != nil {
		c.do(func() { c.shut(source) })
	}
	e.RemovePad(pad)
	gstx.ChildRemoved(e, pad)
	if sink != nil {
		sink.drop()
	}
	if source != nil {
		source.drop()
	}
	e.controlling((*controller).padsChanged)
}

// finalize drops the pads that the application never released.
func (e *element) finalize() {
	defer gstx.Recover(nil, "finalize")
	for _, p := range e.sources {
		p.drop()
	}
	for _, p := range e.sinks {
		gobject.UnsafeObjectUnref(p.ghost)
	}
	e.sources, e.sinks = nil, nil
	gstx.Collect()
}

// drop gives the pad's reference back: handlers and probes of the pad hold us, and we hold the pad.
func (p *sourcePad) drop() { gobject.UnsafeObjectUnref(p.ghost) }

func (p *sinkPad) drop() {
	p.sender.Close()
	gobject.UnsafeObjectUnref(p.ghost)
}
