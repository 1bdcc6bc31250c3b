package elements

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

const (
	// togetherLimit is how long an instance waits for the other medium of a participant after the first has come: a muxer
	// takes what is there when it starts.
	togetherLimit = 2 * time.Second
	// partInterval is the least time between the starts of two instances for one participant.
	partInterval = time.Second
	// completeLimit is what an instance may take to complete its files.
	completeLimit = 30 * time.Second
)

// intake is what participant-template does for one participant: an instance while there is media, one after the other where
// an instance can't take what has changed.
type intake struct {
	c    *controller
	who  conference.Participant
	pads map[jingle.Media]*innerPad // those of the instance, and those that wait for one

	pipeline *innerPipeline // the instance; nil: none
	running  bool           // it plays, and the pads lead into it
	takes    []jingle.Media // what it takes
	part     int            // its number
	files    []string       // that it writes
	begun    time.Time      // when it was started; the zero time: none was yet
	failed   bool           // an instance has failed: there is no other

	first time.Time   // when media was there for the first time without an instance that takes it
	again *time.Timer // looks again
}

// routeTemplates brings the instances in step with who is there and sends what.
func (c *controller) routeTemplates(offers []offer) {
	if c.template == nil || c.closing {
		return
	}
	for id, in := range c.intakes {
		if !c.isPresent(id) {
			in.close()
			delete(c.intakes, id)
		}
	}
	for _, who := range c.present {
		in := c.intakes[who.ID]
		if in == nil {
			in = &intake{c: c, pads: map[jingle.Media]*innerPad{}}
			c.intakes[who.ID] = in
		}
		in.who = who
		in.advance(offers)
	}
}

// advance does what is next for the participant.
func (in *intake) advance(offers []offer) {
	if in.failed {
		return
	}
	var flowing []jingle.Media // what is there
	expected := false          // something that is announced isn't
	for _, m := range in.c.template.media {
		o, ok := ofEndpoint(offers, in.who.ID, m)
		if !ok || o.muted {
			continue
		}
		in.askFor(m)
		if in.c.streams[o.ssrc] != nil {
			flowing = append(flowing, m)
		} else {
			expected = true
		}
	}
	isNew := func(m jingle.Media) bool { return !slices.Contains(in.takes, m) }
	if !slices.ContainsFunc(flowing, isNew) {
		in.first = time.Time{}
		return
	}
	if in.pipeline != nil && !in.running {
		return // comes back when it plays
	}
	now := time.Now()
	if in.first.IsZero() {
		in.first = now
	}
	wait := partInterval - now.Sub(in.begun)
	if expected {
		wait = max(wait, togetherLimit-now.Sub(in.first))
	}
	if wait > 0 {
		in.lookAgain(wait)
		return
	}
	in.restart(flowing)
}

// askFor makes a pad for a medium; the bridge sends no video that nobody asks for.
func (in *intake) askFor(m jingle.Media) {
	if in.pads[m] == nil {
		in.pads[m] = in.c.addInnerPad(m, selector{slot: noSlot, endpoint: in.who.ID}, func(cause string) { in.refuse(m, cause) })
	}
}

// refuse follows media that the instance does not take. One that has not taken it from the beginning fails; another would, too.
func (in *intake) refuse(m jingle.Media, cause string) {
	if p := in.pads[m]; p == nil || p.seen.count.Load() == 0 {
		in.fail(innerFailure{source: string(m), cause: cause, domain: gst.CoreErrorQuark(), code: int32(gst.CoreErrorNegotiation)})
		return
	}
	in.renew()
}

// renew completes the instance, which does not take what has come. A new part begins.
func (in *intake) renew() {
	gstx.Log.Logf(gst.LevelInfo, in.c.e, "participant %s: the instance does not take what has changed: a new part begins", in.who.ID)
	in.complete()
	in.c.route()
}

func (in *intake) lookAgain(after time.Duration) {
	if in.again != nil {
		in.again.Stop()
	}
	in.again = time.AfterFunc(after, func() { in.c.post(in.c.route) })
}

// restart completes the instance there may be, and starts one that takes what flows now.
func (in *intake) restart(flowing []jingle.Media) {
	in.complete()
	for _, m := range flowing {
		in.askFor(m)
	}
	if err := in.start(flowing); err != nil {
		in.fail(innerFailure{cause: err.Error()})
	}
}

// start makes an instance that takes these media.
func (in *intake) start(takes []jingle.Media) error {
	bin, err := in.c.template.build()
	if err != nil {
		return err
	}
	for _, m := range bothMedia {
		if e := bin.GetByName(string(m)); e != nil && !slices.Contains(takes, m) {
			prune(bin, e)
		}
	}
	in.part, in.files = personalise(bin, substitution{in.who, in.part + 1}, in.c.e.written)
	startAtZero(bin, in.c.template.text)
	i := in.c.addInner(bin, "instance")
	in.pipeline, in.running, in.takes, in.begun, in.first = i, false, takes, time.Now(), time.Time{}
	for _, m := range takes {
		p := in.pads[m]
		if p.sink, err = streamSink(bin.GetByName(string(m)), m); err == nil {
			p.inlet, err = i.inlet(p.sink)
		}
		if err != nil {
			return err
		}
		p.seen.changed = i.updateLatency
	}
	i.started = in.onStarted
	i.failed = func(f innerFailure) { in.onFailure(i, f) }
	i.start()
	return nil
}

// onStarted lets the participant's streams into the instance.
func (in *intake) onStarted() {
	in.running = true
	for _, m := range in.takes {
		if err := in.pads[m].link(); err != nil {
			in.fail(innerFailure{cause: err.Error()})
			return
		}
	}
	in.c.announceTemplate("jitsi-template-started", in.fields(nil))
	in.c.route()
}

// onFailure follows an error in an instance. A muxer that refuses another codec or size than it began with is no failure: a
// new part begins.
func (in *intake) onFailure(i *innerPipeline, f innerFailure) {
	if i != in.pipeline {
		return // on its way out
	}
	for _, m := range in.takes {
		if in.pads[m].seen.count.Load() > 1 && f.isRefusal() {
			in.renew()
			return
		}
	}
	in.fail(f)
}

// isRefusal says whether that is how an element says that it does not take new caps.
func (f innerFailure) isRefusal() bool {
	switch f.domain {
	case gst.StreamErrorQuark():
		return true
	case gst.CoreErrorQuark():
		return f.code == int32(gst.CoreErrorNegotiation) || f.code == int32(gst.CoreErrorCaps)
	}
	return f.refused
}

// fail reports that there is no instance for the participant any more.
func (in *intake) fail(f innerFailure) {
	in.failed = true
	in.c.warnTemplate("The participant's pipeline failed.", fmt.Sprintf("participant-template for %s (%s)", in.who.ID, in.who.Nick), f)
	in.c.announceTemplate("jitsi-template-failed", in.fields(map[string]any{"cause": f.cause, "element": f.source, "debug": f.debug}))
	in.close()
}

// complete lets the instance write what it has to, and takes it away. Pads for another one can be made at once.
func (in *intake) complete() {
	pads, left := make([]*innerPad, 0, len(in.pads)), map[jingle.Media]*innerPad{}
	for m, p := range in.pads {
		if slices.Contains(in.takes, m) {
			in.c.takePad(p)
			pads = append(pads, p)
		} else {
			left[m] = p
		}
	}
	in.pads = left
	i := in.pipeline
	if i == nil {
		return
	}
	fields := in.fields(nil)
	in.pipeline, in.running, in.takes = nil, false, nil
	i.finish(pads, completeLimit, func(complete bool) {
		fields["complete"] = complete
		i.c.announceTemplate("jitsi-template-finished", fields)
	})
}

// close ends what is done for the participant.
func (in *intake) close() {
	if in.again != nil {
		in.again.Stop()
	}
	in.complete()
	for m, p := range in.pads {
		in.c.takePad(p)
		p.drop()
		delete(in.pads, m)
	}
}

// fields are what messages say of the instance.
func (in *intake) fields(more map[string]any) map[string]any {
	fields := map[string]any{"participant-id": in.who.ID, "nick": in.who.Nick, "part": int32(in.part)}
	if len(in.files) > 0 {
		fields["location"] = in.files[0]
	}
	for field, value := range more {
		fields[field] = value
	}
	return fields
}

// announceTemplate posts an element message.
func (c *controller) announceTemplate(name string, fields map[string]any) {
	c.announce.put(func() {
		defer gstx.Recover(c.e, name)
		c.e.PostMessage(gst.NewMessageElement(c.e, structure(name, fields)))
	})
}

// warnTemplate posts a warning: an error would end the application's pipeline.
func (c *controller) warnTemplate(text, where string, f innerFailure) {
	if f.domain == 0 {
		f.domain, f.code = gst.CoreErrorQuark(), int32(gst.CoreErrorFailed)
	}
	debug := fmt.Sprintf("%s: %s: %s", where, f.source, f.cause)
	if f.debug != "" {
		debug += "\n" + f.debug
	}
	c.announce.put(func() {
		defer gstx.Recover(c.e, "warning")
		c.e.MessageFull(gst.MessageWarning, f.domain, f.code, text, debug, "", "", 0)
	})
}
