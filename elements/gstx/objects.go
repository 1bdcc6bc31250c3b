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

// HasProperty says whether an object has a property: versions and plugins differ.
func HasProperty(object gobject.Object, property string) (has bool) {
	withCString(property, func(c *C.char) { has = C.gstx_has_property(native(object), c) != 0 })
	return has
}

// Notify emits the notify signal of a property.
func Notify(object gobject.Object, property string) {
	withCString(property, func(c *C.char) {
		C.g_object_notify((*C.GObject)(gobject.UnsafeObjectToGlibNone(object)), c)
	})
}

// Discard takes an element out of its bin, shuts it down, and gives up the wrapper's reference: e is of no use
// afterwards. In this order, since shutting down may wait for a streaming thread that the application holds, and a state
// change of the bin would wait for us.
func Discard(bin gst.Bin, e gst.Element) {
	e.SetLockedState(true)
	if e.GetParent() != nil { // a bin that is being disposed of has let go of it already
		bin.Remove(e)
	}
	e.SetState(gst.StateNull)
	gobject.UnsafeObjectUnref(e)
}

// SetField sets a field of a structure. Structure.SetValue of the bindings lets the collector free the value before it
// was copied.
func SetField(s *gst.Structure, name string, value any) {
	v := gobject.NewValue(value)
	withCString(name, func(c *C.char) {
		C.gst_structure_set_value((*C.GstStructure)(gst.UnsafeStructureToGlibNone(s)), c,
			(*C.GValue)(gobject.UnsafeValueToGlibNone(v)))
	})
	runtime.KeepAlive(v)
	runtime.KeepAlive(s)
}
