package media

import (
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// drained names the event that follows the last picture of a stream through a queue.
const drained = "jitsi-drained"

// Drain returns when what waits to be sent has been sent, or after a time. It is for the end of a stream, on the thread that it comes on.
func (s *Sender) Drain(limit time.Duration) {
	timeout := time.After(limit)
	for _, queue := range s.waiting() {
		done, forget := whenDrained(queue)
		select {
		case <-done:
		case <-timeout:
			forget()
			return
		}
		forget()
	}
}

// waiting are the queues in front of payloaders.
func (s *Sender) waiting() []gst.Element {
	s.mu.Lock()
	defer s.mu.Unlock()
	var queues []gst.Element
	switch {
	case !s.open || s.muted || len(s.outlets) == 0:
	case len(s.layers) > 0:
		for _, l := range s.layers {
			if l.on {
				queues = append(queues, l.waiting())
			}
		}
	case s.codec.Media == "video" && len(s.chain) > 0:
		queues = append(queues, s.chain[len(s.chain)-1])
	}
	return queues
}

func whenDrained(queue gst.Element) (done <-chan struct{}, forget func()) {
	passed := make(chan struct{}, 1)
	out := queue.GetStaticPad("src")
	probe := out.AddProbe(gst.PadProbeTypeEventDownstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		event := info.GetEvent()
		if event == nil || !event.HasName(drained) {
			return gst.PadProbeOK
		}
		select {
		case passed <- struct{}{}:
		default:
		}
		return gst.PadProbeDrop
	})
	if !queue.GetStaticPad("sink").SendEvent(gst.NewEventCustom(gst.EventCustomDownstream, gst.NewStructureEmpty(drained))) {
		passed <- struct{}{} // it takes nothing any more
	}
	return passed, func() { out.RemoveProbe(probe) }
}
