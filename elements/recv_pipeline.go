package elements

import (
	"fmt"
	"slices"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// recvPipeline is the running recv-pipeline: its elements audio and video get a pad for each stream.
type recvPipeline struct {
	c        *controller
	pipeline *innerPipeline
	mixers   map[jingle.Media]gst.Element
	slots    map[jingle.Media][]*recvSlot // in the order of the mixers' pads
	running  bool
}

// recvSlot is a pad of a mixer. It stays for the life of the pipeline, so that what was set on it stays true, and is used again.
type recvSlot struct {
	pad *innerPad
	// who fills it, also while the source is away: for a moment when the session is renewed, or since the camera is off
	endpoint, source string
}

// startRecvPipeline starts what recv-pipeline describes.
func (c *controller) startRecvPipeline(t *template) error {
	bin, err := t.build()
	if err != nil {
		return err
	}
	r := &recvPipeline{c: c, mixers: map[jingle.Media]gst.Element{}, slots: map[jingle.Media][]*recvSlot{}}
	for _, m := range t.media {
		r.mixers[m] = bin.GetByName(string(m))
		startWithFirst(r.mixers[m], t.text)
	}
	r.pipeline = c.addInner(bin, "recv-pipeline")
	r.pipeline.started = func() {
		r.running = true
		c.route()
	}
	r.pipeline.failed = r.fail
	c.recv = r
	r.pipeline.start()
	return nil
}

// routeRecvPipeline gives each stream its place.
func (c *controller) routeRecvPipeline(offers []offer) {
	r := c.recv
	if r == nil || !r.running || c.closing {
		return
	}
	for _, o := range offers {
		if r.mixers[o.media] == nil || !c.isPresent(o.endpoint) || o.ssrc == 0 && o.muted {
			continue
		}
		if err := r.place(o); err != nil {
			r.fail(innerFailure{source: string(o.media), cause: err.Error()})
			return
		}
	}
}

// place gives a source the slot that it had, or one whose participant has left, or a new one.
func (r *recvPipeline) place(o offer) error {
	slots := r.slots[o.media]
	if slices.ContainsFunc(slots, func(slot *recvSlot) bool { return slot.source == o.name && slot.endpoint == o.endpoint }) {
		return nil
	}
	i := slices.IndexFunc(slots, func(slot *recvSlot) bool { return !r.c.isPresent(slot.endpoint) })
	if i < 0 {
		slot, err := r.addSlot(o.media)
		if err != nil {
			return err
		}
		r.slots[o.media] = append(slots, slot)
		i = len(slots)
	}
	slot := r.slots[o.media][i]
	slot.endpoint, slot.source = o.endpoint, o.name
	slot.pad.selector = selector{slot: noSlot, endpoint: o.endpoint, source: o.name}
	return nil
}

func (r *recvPipeline) addSlot(m jingle.Media) (*recvSlot, error) {
	pad := r.c.addInnerPad(m, selector{slot: noSlot}, func(cause string) {
		r.fail(innerFailure{source: string(m), cause: cause})
	})
	var err error
	pad.seen.changed = r.pipeline.updateLatency
	if pad.sink, err = streamSink(r.mixers[m], m); err == nil {
		if pad.inlet, err = r.pipeline.inlet(pad.sink); err == nil {
			err = pad.link()
		}
	}
	if err != nil {
		r.c.takePad(pad)
		pad.drop()
		return nil, err
	}
	r.pipeline.updateLatency()
	gstx.Log.Logf(gst.LevelInfo, r.c.e, "recv-pipeline: new pad %s of %s", pad.sink.GetName(), r.mixers[m].GetName())
	return &recvSlot{pad: pad}, nil
}

// fail reports that recv-pipeline has stopped. Everything else goes on.
func (r *recvPipeline) fail(f innerFailure) {
	if r.c.recv != r {
		return
	}
	r.c.warnTemplate("The receiving pipeline failed.", "recv-pipeline", f)
	fields := map[string]any{"cause": f.cause, "element": f.source, "debug": f.debug}
	if s := r.slotOf(f.source); s != nil {
		fields["participant-id"] = s.endpoint
	}
	r.c.announceTemplate("jitsi-recv-pipeline-failed", fields)
	r.close()
}

// slotOf finds the slot that an error comes from.
func (r *recvPipeline) slotOf(inlet string) *recvSlot {
	for _, slots := range r.slots {
		for _, s := range slots {
			if s.pad.inlet.GetName() == inlet {
				return s
			}
		}
	}
	return nil
}

// close lets the pipeline come to its end and takes it away.
func (r *recvPipeline) close() {
	r.c.recv = nil
	var pads []*innerPad
	for _, slots := range r.slots {
		for _, s := range slots {
			r.c.takePad(s.pad)
			pads = append(pads, s.pad)
		}
	}
	r.pipeline.finish(pads, completeLimit, func(complete bool) {
		if !complete && len(pads) > 0 {
			r.c.warnTemplate("The receiving pipeline did not come to its end.", "recv-pipeline", innerFailure{
				source: r.pipeline.name, cause: fmt.Sprintf("no end within %v, or no time left", completeLimit)})
		}
	})
}
