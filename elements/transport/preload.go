package transport

import (
	"sync"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// Preload does once a process what the first session would wait for, a fifth of a second: call it while the room is being
// joined. GStreamer loads plugins when they are needed first, and gstdtls makes an RSA key for its first element, though
// it gets our certificate (1.22).
var Preload = sync.OnceFunc(func() {
	defer gstx.Recover(nil, "preload")
	for _, name := range []string{"dtlsdec", "webrtcbin", "rtpbin", "nicesrc", "srtpdec", "rtpopusdepay"} {
		if e := gst.ElementFactoryMake(name, ""); e != nil { // else the session says what is missing
			gobject.UnsafeObjectUnref(e)
		}
	}
})
