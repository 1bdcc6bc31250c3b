package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// EnableNACK makes all transceivers of a webrtcbin ask for lost packets and repeat those that were asked for.
func EnableNACK(webrtcbin gst.Element) {
	C.gstx_enable_nack(nativeElement(webrtcbin))
	runtime.KeepAlive(webrtcbin)
}

// AddLocalAddress makes the ICE agent of a webrtcbin bind to an address. Once one was added, it binds to no others.
func AddLocalAddress(webrtcbin gst.Element, address string) (added bool) {
	withCString(address, func(c *C.char) { added = C.gstx_add_local_address(nativeElement(webrtcbin), c) != 0 })
	runtime.KeepAlive(webrtcbin)
	return added
}

// DisableUPnP keeps the ICE agent of a webrtcbin from asking routers for a port: it would do so on all networks,
// whatever addresses it is to bind to, and on a thread of its own.
func DisableUPnP(webrtcbin gst.Element) {
	C.gstx_disable_upnp(nativeElement(webrtcbin))
	runtime.KeepAlive(webrtcbin)
}
