package gstx

// #include <stdlib.h>
// #include "source_pad.h"
// #include "pad_children.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// SourcePad is a ghost pad with the properties of what it carries.
type SourcePad struct{ gst.GhostPad }

// SourcePadType is its type, for pad templates.
func SourcePadType() gobject.Type { return gobject.Type(C.gstx_source_pad_type()) }

// NewSourcePad makes a pad without a target.
func NewSourcePad(name string, template gst.PadTemplate) SourcePad {
	var pad *C.GstPad
	withCString(name, func(c *C.char) {
		pad = C.gstx_source_pad_new(c, (*C.GstPadTemplate)(gobject.UnsafeObjectToGlibNone(template)))
	})
	runtime.KeepAlive(template)
	return SourcePad{gst.UnsafeGhostPadFromGlibFull(unsafe.Pointer(pad))}
}

// Carried is what a pad carries; the zero value is nothing.
type Carried struct {
	ParticipantID, Nick, SourceName, Codec string
	SSRC                                   uint32
	Active                                 bool // media arrives
}

// SetCarried changes the properties, each of which notifies. Handlers run at once.
func (p SourcePad) SetCarried(carried Carried) {
	pad := nativePad(p)
	for _, property := range []struct{ name, value string }{
		{"participant-id", carried.ParticipantID}, {"nick", carried.Nick},
		{"source-name", carried.SourceName}, {"codec", carried.Codec},
	} {
		withCString(property.name, func(name *C.char) {
			if property.value == "" {
				C.gstx_source_pad_set_text(pad, name, nil)
				return
			}
			withCString(property.value, func(value *C.char) { C.gstx_source_pad_set_text(pad, name, value) })
		})
	}
	C.gstx_source_pad_set_ssrc(pad, C.guint(carried.SSRC))
	C.gstx_source_pad_set_active(pad, gboolean(carried.Active))
	runtime.KeepAlive(p)
}

// MaxHeight is the property max-height, in pixels; 0: no limit of the pad's own.
func (p SourcePad) MaxHeight() int {
	defer runtime.KeepAlive(p)
	return int(C.gstx_source_pad_max_height(nativePad(p)))
}

// EOSOnLeave is the property eos-on-leave.
func (p SourcePad) EOSOnLeave() bool {
	defer runtime.KeepAlive(p)
	return C.gstx_source_pad_eos_on_leave(nativePad(p)) != 0
}

// PadsAreChildren makes the pads of an element type, a bin's, its children in the sense of GstChildProxy. Call it
// before the class is used.
func PadsAreChildren(t gobject.Type) { C.gstx_pad_children_register(C.GType(t)) }

// ChildAdded tells of a new pad, as PadsAreChildren needs.
func ChildAdded(element gst.Element, pad gst.Pad) {
	C.gstx_pad_child_added(nativeElement(element), nativePad(pad))
	runtime.KeepAlive(element)
	runtime.KeepAlive(pad)
}

// ChildRemoved tells that a pad is gone.
func ChildRemoved(element gst.Element, pad gst.Pad) {
	C.gstx_pad_child_removed(nativeElement(element), nativePad(pad))
	runtime.KeepAlive(element)
	runtime.KeepAlive(pad)
}
