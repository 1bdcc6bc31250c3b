package gstx

import (
	"fmt"
	"runtime/debug"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// Recover turns a panic into an error message of the element: a plugin may never abort its host. Use it as
//
//	defer gstx.Recover(element, "change state")
//
// first in every callback and goroutine.
func Recover(object gobject.Object, where string) {
	r := recover()
	if r == nil {
		return
	}
	text := fmt.Sprintf("panic in %s: %v", where, r)
	Log.Logf(gst.LevelError, object, "%s\n%s", text, debug.Stack())
	if element, ok := object.(gst.Element); ok {
		element.MessageError(gst.LibraryErrorQuark(), int32(gst.LibraryErrorFailed), "Internal error of the Jitsi plugin.", text)
	}
}
