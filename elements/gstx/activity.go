package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// Activity knows when something last passed the pads that it watches.
type Activity struct{ native *C.GstxActivity }

// NewActivity makes one that watches nothing yet.
func NewActivity() *Activity {
	a := &Activity{C.gstx_activity_new()}
	runtime.SetFinalizer(a, func(a *Activity) { C.gstx_activity_unref(a.native) })
	return a
}

// Watch watches a pad, too.
func (a *Activity) Watch(pad gst.Pad) {
	C.gstx_activity_watch(a.native, nativePad(pad))
	runtime.KeepAlive(pad)
	runtime.KeepAlive(a)
}

// Age is how long ago the last buffer passed; false where none has.
func (a *Activity) Age() (time.Duration, bool) {
	age := int64(C.gstx_activity_age(a.native))
	runtime.KeepAlive(a)
	return time.Duration(age) * time.Microsecond, age >= 0
}
