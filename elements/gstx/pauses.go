package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// HidePauses keeps an encoder of libvpx, which must not look ahead, at its bitrate after pauses of more than a second. Its output has
// the times of its input.
func HidePauses(encoder gst.Element) {
	C.gstx_hide_pauses(nativeElement(encoder))
	runtime.KeepAlive(encoder)
}
