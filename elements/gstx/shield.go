package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// ShieldShutdown keeps from the elements in front of a sink pad that what is behind it is not linked, or shuts down.
// Call it before data flows.
func ShieldShutdown(pad gst.Pad) { shield(pad, false) }

// ShieldErrors keeps everything that goes wrong behind a sink pad from the elements in front of it. Call it before
// data flows.
func ShieldErrors(pad gst.Pad) { shield(pad, true) }

func shield(pad gst.Pad, errors bool) {
	var all C.gboolean
	if errors {
		all = 1
	}
	C.gstx_shield(nativePad(pad), all)
	runtime.KeepAlive(pad)
}

// HasRefused says whether something behind a shielded sink pad has refused data for its caps, once or more.
func HasRefused(pad gst.Pad) bool {
	defer runtime.KeepAlive(pad)
	return C.gstx_shield_refused(nativePad(pad)) != 0
}

// OnlyEncoding drops on a pad the RTP that is of another codec than that encoding name, in any case.
func OnlyEncoding(pad gst.Pad, name string) {
	withCString(name, func(c *C.char) { C.gstx_only_encoding(nativePad(pad), c) })
	runtime.KeepAlive(pad)
}
