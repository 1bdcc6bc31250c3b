package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// AnswerLatency answers latency queries on a ghost pad while it has no target: live, with that minimum.
func AnswerLatency(ghost gst.Pad, minimum gst.ClockTime) {
	C.gstx_answer_latency(nativePad(ghost), C.GstClockTime(minimum))
	runtime.KeepAlive(ghost)
}
