package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Gate drops the buffers of the pads that it guards until it is opened.
type Gate struct{ native *C.GstxGate }

// NewGate makes a closed gate.
func NewGate() *Gate {
	g := &Gate{C.gstx_gate_new()}
	runtime.SetFinalizer(g, func(g *Gate) { C.gstx_gate_unref(g.native) })
	return g
}

// Guard puts a pad behind the gate.
func (g *Gate) Guard(pad gst.Pad) {
	C.gstx_gate_add(g.native, nativePad(pad))
	runtime.KeepAlive(g)
	runtime.KeepAlive(pad)
}

// Open lets everything through, for good.
func (g *Gate) Open() { C.gstx_gate_open(g.native); runtime.KeepAlive(g) }

// RequireClock drops everything while the pad's element has no clock, as one that the application took out of its
// pipeline. An RTP session with a feedback interval would count to the end of time then.
func RequireClock(pad gst.Pad) { C.gstx_require_clock(nativePad(pad)); runtime.KeepAlive(pad) }
