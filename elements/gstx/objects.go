package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
)

// SetFromString sets a property as gst-launch would, from its text: enumerations by nick, lists, structures.
func SetFromString(object gobject.Object, property, value string) {
	p, v := C.CString(property), C.CString(value)
	defer C.free(unsafe.Pointer(p))
	defer C.free(unsafe.Pointer(v))
	C.gst_util_set_object_arg((*C.GObject)(gobject.UnsafeObjectToGlibNone(object)), p, v)
}
