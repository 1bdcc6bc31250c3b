package elements

import (
	"sync"

	"github.com/go-gst/go-gst/pkg/gst"
)

// hold keeps a file back until the first session of a stay is up, and shifts its timestamps to begin then. Live data
// passes: the sender drops it while nobody is there.
type hold struct {
	ghost gst.Pad
	shift func(gst.ClockTime)

	mu      sync.Mutex
	probe   uint32 // 0: nothing is held any more
	blocked bool
	started gst.ClockTime // running time of the session's start
}

// begin holds what comes from now on.
func (h *hold) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = gst.ClockTimeNone
	h.shift(0)
	if h.probe != 0 {
		return
	}
	h.blocked = false
	mask := gst.PadProbeTypeBlock | gst.PadProbeTypeBuffer | gst.PadProbeTypeBufferList
	h.probe = h.ghost.AddProbe(mask, func(pad gst.Pad, _ *gst.PadProbeInfo) gst.PadProbeReturn {
		return h.first(pad)
	})
}

// first decides about the first buffer, on the application's streaming thread.
func (h *hold) first(pad gst.Pad) gst.PadProbeReturn {
	live := isLive(pad)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !live && h.started == gst.ClockTimeNone {
		h.blocked = true
		return gst.PadProbeOK
	}
	if !live {
		h.shift(h.started)
	}
	h.probe = 0
	return gst.PadProbeRemove
}

// end lets go what is held, at running time now.
func (h *hold) end(now gst.ClockTime) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.probe == 0 || h.started != gst.ClockTimeNone {
		return
	}
	h.started = now
	if h.blocked {
		h.shift(now)
		h.ghost.RemoveProbe(h.probe)
		h.probe = 0
	}
}

func isLive(pad gst.Pad) bool {
	query := gst.NewQueryLatency()
	if !pad.PeerQuery(query) {
		return false
	}
	live, _, _ := query.ParseLatency()
	return live
}
