package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"
	"time"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
)

// Hold takes a reference for a goroutine and returns what gives it back. The instance pointer of an element's own
// methods is borrowed.
func Hold(object gobject.Object) (release func()) {
	gobject.UnsafeObjectRef(object)
	return func() { C.gstx_object_unref(native(object)) }
}

// Unref drops one reference without touching the wrapper's finalizer.
func Unref(object gobject.Object) { C.gstx_object_unref(native(object)) }

// SetFlag sets an object flag (GST_OBJECT_FLAG_SET).
func SetFlag(object gobject.Object, flag uint32) { C.gstx_flag_set(native(object), C.guint(flag)) }

// DisconnectSignal disconnects all handlers of a signal and returns how many there were.
func DisconnectSignal(object gobject.Object, signal string) (n int) {
	withCString(signal, func(c *C.char) { n = int(C.gstx_disconnect_signal(native(object), c)) })
	return n
}

// collectLimit bounds how long Collect waits for the finalizers, on a machine that is busy with other things.
const collectLimit = time.Second

// Collect drops the references that wrappers on the Go heap still hold, and returns when they are gone. The heap is so
// small that the collector would not run by itself for minutes; each wrapper left pins a webrtcbin with its threads and
// sockets, and one that goes later may meet a GStreamer that is being shut down.
func Collect() {
	if inFinalizer() {
		return // an application in Go let go of us: the finalizers that we would wait for are waiting for us
	}
	for range 2 { // a finalizer's own wrappers go with the second round
		done := make(chan struct{})
		sentinel := new([16]byte)
		runtime.SetFinalizer(sentinel, func(*[16]byte) { close(done) })
		runtime.GC()
		select {
		case <-done:
		case <-time.After(collectLimit):
		}
	}
}

// inFinalizer says whether this goroutine is the one that runs all finalizers.
func inFinalizer() bool {
	callers := make([]uintptr, 256)
	frames := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
	for {
		frame, more := frames.Next()
		switch frame.Function {
		case "runtime.runFinalizers", "runtime.runfinq": // since and before Go 1.25
			return true
		}
		if !more {
			return false
		}
	}
}
