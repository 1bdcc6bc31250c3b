package gstx

// #include <stdlib.h>
// #include "sink_pad.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// VideoType says what a pad's pictures show: the enumeration GstJitsiVideoType.
type VideoType int32

// The video types.
const (
	NoVideo VideoType = iota
	Camera
	Desktop
)

// VideoTypeType is the enumeration's type.
func VideoTypeType() gobject.Type { return gobject.Type(C.gstx_video_type_type()) }

// GoValueType makes the bindings take it for the enumeration.
func (VideoType) GoValueType() gobject.Type { return VideoTypeType() }

// SetGoValue puts it into a GValue.
func (t VideoType) SetGoValue(v *gobject.Value) { v.SetEnum(int32(t)) }

// SinkPad is a ghost pad with the properties of the source that it is.
type SinkPad struct{ gst.GhostPad }

// SinkPadType is its type, for pad templates.
func SinkPadType() gobject.Type { return gobject.Type(C.gstx_sink_pad_type()) }

// NewSinkPad makes a pad in front of a target.
func NewSinkPad(name string, template gst.PadTemplate, target gst.Pad, shows VideoType) SinkPad {
	var pad *C.GstPad
	withCString(name, func(c *C.char) {
		pad = C.gstx_sink_pad_new(c, (*C.GstPadTemplate)(gobject.UnsafeObjectToGlibNone(template)), nativePad(target), C.gint(shows))
	})
	runtime.KeepAlive(template)
	runtime.KeepAlive(target)
	return SinkPad{gst.UnsafeGhostPadFromGlibFull(unsafe.Pointer(pad))}
}

// Mute is the property mute.
func (p SinkPad) Mute() bool {
	defer runtime.KeepAlive(p)
	return C.gstx_sink_pad_mute(nativePad(p)) != 0
}

// SetMute sets it as the application would; handlers run at once.
func (p SinkPad) SetMute(mute bool) { p.SetObjectProperty("mute", mute) }

// VideoType is the property video-type.
func (p SinkPad) VideoType() VideoType {
	defer runtime.KeepAlive(p)
	return VideoType(C.gstx_sink_pad_video_type(nativePad(p)))
}

// MaxBitrate is the property max-bitrate, in bit/s; 0: no limit of the pad's own.
func (p SinkPad) MaxBitrate() int {
	defer runtime.KeepAlive(p)
	return int(C.gstx_sink_pad_max_bitrate(nativePad(p)))
}

// SetTargetBitrate changes what is read as target-bitrate, in bit/s.
func (p SinkPad) SetTargetBitrate(bitrate int) {
	C.gstx_sink_pad_set_target_bitrate(nativePad(p), C.guint(bitrate))
	runtime.KeepAlive(p)
}
