package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// SetTemporalLayers makes a vp8enc, before it starts, encode every second frame so that no other needs it. Its payloader
// writes the layer into each packet then (RFC 7741).
func SetTemporalLayers(encoder gst.Element) {
	C.gstx_set_temporal_layers(nativeElement(encoder))
	runtime.KeepAlive(encoder)
}

// SetTemporalBitrate shares a bitrate (bit/s) out among the layers of SetTemporalLayers.
func SetTemporalBitrate(encoder gst.Element, bitrate int) {
	C.gstx_set_temporal_bitrate(nativeElement(encoder), C.gint(bitrate))
	runtime.KeepAlive(encoder)
}
