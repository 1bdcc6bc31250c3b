package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Latency is what AnswerLatency answers.
type Latency struct{ native *C.GstxLatency }

// AnswerLatency answers latency queries on a ghost pad while it has no target: live, with that minimum.
func AnswerLatency(ghost gst.Pad, minimum gst.ClockTime) *Latency {
	l := &Latency{C.gstx_latency_new(C.GstClockTime(minimum))}
	runtime.SetFinalizer(l, func(l *Latency) { C.gstx_latency_unref(l.native) })
	C.gstx_answer_latency(nativePad(ghost), l.native)
	runtime.KeepAlive(ghost)
	return l
}

// Set changes the minimum. The pipeline asks again upon a latency message.
func (l *Latency) Set(minimum gst.ClockTime) {
	C.gstx_latency_set(l.native, C.GstClockTime(minimum))
	runtime.KeepAlive(l)
}
