// Package gstx holds what the bindings lack: registration of enums and action signals, debug categories, object
// references, and the C that runs once a packet. It is the only package with C of its own.
package gstx

// #cgo pkg-config: gstreamer-1.0 gstreamer-rtp-1.0 gstreamer-audio-1.0 gio-2.0
// #cgo CFLAGS: -D_GNU_SOURCE
// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
)

func native(object gobject.Object) C.gpointer {
	return C.gpointer(gobject.UnsafeObjectToGlibNone(object))
}

func nativePad(object gobject.Object) *C.GstPad {
	return (*C.GstPad)(gobject.UnsafeObjectToGlibNone(object))
}

func nativeElement(object gobject.Object) *C.GstElement {
	return (*C.GstElement)(gobject.UnsafeObjectToGlibNone(object))
}

func withCString(s string, f func(*C.char)) {
	c := C.CString(s)
	defer C.free(unsafe.Pointer(c))
	f(c)
}
