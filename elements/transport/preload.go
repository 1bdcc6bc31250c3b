package transport

import (
	"sync"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// Preload does once a process what the first session would wait for: call it while the room is being joined. GStreamer
// loads plugins when they are needed first.
var Preload = sync.OnceFunc(func() {
	defer gstx.Recover(nil, "preload")
	if pem, _, err := newCertificate(); err == nil { // else the session will say so
		gstx.LoadDTLS(pem)
	}
	for _, name := range []string{"webrtcbin", "nicesrc", "srtpdec", "rtpopusdepay"} {
		if e := gst.ElementFactoryMake(name, ""); e != nil { // else the session says what is missing
			gobject.UnsafeObjectUnref(e)
		}
	}
})
