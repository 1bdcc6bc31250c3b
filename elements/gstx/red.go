package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// UnwrapRED takes redundant audio (RFC 2198) of a payload type apart in front of a sink pad: what follows gets the packets inside, and
// those that had got lost. Call it before data flows.
func UnwrapRED(pad gst.Pad, payloadType uint8) {
	C.gstx_unwrap_red(nativePad(pad), C.guint8(payloadType))
	runtime.KeepAlive(pad)
}
