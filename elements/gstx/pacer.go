package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Pacer spreads the packets of several streams over time, so that together they don't exceed a rate.
type Pacer struct{ native *C.GstxPacer }

// NewPacer makes one without a limit.
func NewPacer() *Pacer {
	p := &Pacer{C.gstx_pacer_new()}
	runtime.SetFinalizer(p, func(p *Pacer) { C.gstx_pacer_unref(p.native) })
	return p
}

// Pace holds the RTP packets back that come to a sink pad, until each is due, and writes the time into the header extension
// abs-send-time, unless its id is 0. Call it before data flows. The pad's element must take them one by one.
func (p *Pacer) Pace(pad gst.Pad, sendTimeID uint8) {
	C.gstx_pacer_add(p.native, nativePad(pad), C.guint8(sendTimeID))
	runtime.KeepAlive(p)
	runtime.KeepAlive(pad)
}

// Drop discards the packets that come to a pad that is paced, those that wait included, until it is told otherwise.
func (p *Pacer) Drop(pad gst.Pad, on bool) {
	var drop C.gboolean
	if on {
		drop = 1
	}
	C.gstx_pacer_drop(p.native, nativePad(pad), drop)
	runtime.KeepAlive(p)
	runtime.KeepAlive(pad)
}

// Hurry lets pass at once what comes to a pad that is paced while more than 200 ms wait in a queue in front of it: a stream whose
// bitrate is not ours to choose would come later and later. Without a queue, nil, all is paced.
func (p *Pacer) Hurry(pad gst.Pad, queue gst.Element) {
	var native *C.GstElement
	if queue != nil {
		native = nativeElement(queue)
	}
	C.gstx_pacer_hurry(p.native, nativePad(pad), native)
	runtime.KeepAlive(p)
	runtime.KeepAlive(pad)
	runtime.KeepAlive(queue)
}

// Skip discards the packets that come to a pad that is paced, those that wait included, until a key frame comes to the pad that
// takes frames in front of it. The two are on one thread.
func (p *Pacer) Skip(pad, frames gst.Pad) {
	C.gstx_pacer_skip(p.native, nativePad(pad), nativePad(frames))
	runtime.KeepAlive(p)
	runtime.KeepAlive(pad)
	runtime.KeepAlive(frames)
}

// LimitRetransmissions drops requests for retransmissions that come to the source pad of an rtprtxsend, beyond a share of the
// rate.
func (p *Pacer) LimitRetransmissions(pad gst.Pad) {
	C.gstx_pacer_limit_retransmissions(p.native, nativePad(pad))
	runtime.KeepAlive(p)
	runtime.KeepAlive(pad)
}

// SetRate changes the limit, in bit/s; 0 is none.
func (p *Pacer) SetRate(rate int) {
	C.gstx_pacer_set_rate(p.native, C.guint(max(rate, 0)))
	runtime.KeepAlive(p)
}

// Close lets everything through at once, from now on.
func (p *Pacer) Close() { C.gstx_pacer_close(p.native); runtime.KeepAlive(p) }
