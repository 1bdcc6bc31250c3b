package elements

import (
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
)

func (e *element) changeState(transition gst.StateChange) (ret gst.StateChangeReturn) {
	ret = gst.StateChangeFailure
	defer gstx.Recover(e, "change state")
	switch transition {
	case gst.StateChangeNullToReady:
		if err := e.check(); err != nil {
			e.postSettingsError(err)
			return ret
		}
	case gst.StateChangeReadyToPaused:
		if err := e.join(); err != nil {
			e.postSettingsError(err)
			return ret
		}
	case gst.StateChangePausedToReady:
		// Before the children go to READY: webrtcbin that is interrupted in its work leaks its sockets and threads.
		e.part()
	}
	if ret = e.ParentChangeState(transition); ret == gst.StateChangeFailure {
		if transition == gst.StateChangeReadyToPaused {
			e.part()
		}
		return ret
	}
	if transition == gst.StateChangePlayingToPaused {
		e.followState(gst.StatePaused)
		e.controlling(func(c *controller) { c.live.play(false, time.Now()) })
	}
	switch transition {
	case gst.StateChangeReadyToPaused, gst.StateChangePlayingToPaused:
		if e.kind.receive {
			return gst.StateChangeNoPreroll
		}
		return gst.StateChangeSuccess // never holds up the pipeline's preroll
	case gst.StateChangePausedToPlaying:
		e.followState(gst.StatePlaying)
		e.controlling(func(c *controller) { c.live.play(true, time.Now()) })
	case gst.StateChangePausedToReady, gst.StateChangeReadyToNull:
		gstx.Collect()
	}
	return ret
}

// check finds what is wrong with the properties before anything connects.
func (e *element) check() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := e.settings.conferenceConfig(); err != nil {
		return err
	}
	_, err := e.settings.templates(e.kind)
	return err
}

func (e *element) join() error {
	e.mu.Lock()
	config, err := e.settings.conferenceConfig()
	if err != nil {
		e.mu.Unlock()
		return err
	}
	templates, err := e.settings.templates(e.kind)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	c, err := newController(e, config)
	if err != nil {
		e.mu.Unlock()
		return err
	}
	e.control = c
	e.mu.Unlock()
	for _, p := range e.sinkPads() {
		p.sender.Configure(e.senderOptions(p.index))
		p.hold.begin()
	}
	if err := c.startInner(templates); err != nil {
		e.mu.Lock()
		e.control = nil
		e.mu.Unlock()
		return err
	}
	c.start()
	return nil
}

func (e *element) part() {
	e.mu.Lock()
	c := e.control
	e.control = nil
	e.mu.Unlock()
	if c == nil {
		return
	}
	c.stop()
	e.pushing.Wait()
	e.mu.Lock()
	e.snapshot, e.stats = conference.Snapshot{}, nil
	e.mu.Unlock()
	e.setState(conference.Disconnected)
}

// sendEvent takes the application's EOS (gst-launch -e): a source pushes it out of its pads, out of each on a goroutine
// of its own, since a muxer that waits for one of them blocks the others.
func (e *element) sendEvent(event *gst.Event) (handled bool) {
	defer gstx.Recover(e, "send event")
	if !e.kind.receive || event.GetType() != gst.EventEOS {
		return e.ParentSendEvent(event)
	}
	handled = e.endInner()
	for _, p := range e.sourcePads() {
		e.pushEOS(p)
		handled = true
	}
	return handled
}

func (e *element) pushEOS(p *sourcePad) {
	e.pushing.Go(func() {
		defer gstx.Recover(e, "EOS")
		p.ghost.PushEvent(gst.NewEventEOS())
	})
}
