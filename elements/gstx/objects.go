package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// SetFromString sets a property as gst-launch would, from its text: enumerations by nick, lists, structures.
func SetFromString(object gobject.Object, property, value string) {
	p, v := C.CString(property), C.CString(value)
	defer C.free(unsafe.Pointer(p))
	defer C.free(unsafe.Pointer(v))
	C.gst_util_set_object_arg((*C.GObject)(gobject.UnsafeObjectToGlibNone(object)), p, v)
}

// Drain waits until no buffer is inside a pad's chain function.
func Drain(pad gst.Pad) {
	C.gstx_drain(nativePad(pad))
	runtime.KeepAlive(pad)
}

// Notify emits the notify signal of a property.
func Notify(object gobject.Object, property string) {
	withCString(property, func(c *C.char) {
		C.g_object_notify((*C.GObject)(gobject.UnsafeObjectToGlibNone(object)), c)
	})
}
