// Command plugin is libgstjitsi.so: it registers the elements with GStreamer and does nothing else.
package main

// #cgo pkg-config: gstreamer-1.0
// #include <gst/gst.h>
import "C"

import (
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements"
)

//export goPluginInit
func goPluginInit(plugin *C.GstPlugin) (ok C.gboolean) {
	defer func() {
		if recover() != nil {
			ok = 0 // GStreamer logs that the plugin failed to initialise
		}
	}()
	if elements.Register(gst.UnsafePluginFromGlibBorrow(unsafe.Pointer(plugin))) {
		return 1
	}
	return 0
}

func main() {}
