package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"fmt"
	"path"
	"runtime"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/pion/logging"
)

// Category is a GST_DEBUG category whose threshold is checked before anything is formatted.
type Category struct{ native *gst.DebugCategory }

// The categories of the plugin.
var (
	Log          = newCategory("jitsi", "Jitsi elements")
	LogXMPP      = newCategory("jitsi-xmpp", "Jitsi: XMPP stream and stanzas")
	LogJingle    = newCategory("jitsi-jingle", "Jitsi: media sessions")
	LogColibri   = newCategory("jitsi-colibri", "Jitsi: bridge channel")
	LogTransport = newCategory("jitsi-transport", "Jitsi: media transport")
)

func newCategory(name, description string) *Category {
	n, d := C.CString(name), C.CString(description)
	defer C.free(unsafe.Pointer(n))
	defer C.free(unsafe.Pointer(d))
	return &Category{gst.UnsafeDebugCategoryFromGlibBorrow(unsafe.Pointer(C.gstx_debug_category(n, d)))}
}

// Logf logs for an object, which may be nil.
func (c *Category) Logf(level gst.DebugLevel, object gobject.Object, format string, args ...any) {
	c.LogDepth(1, level, object, format, args...)
}

// LogDepth is Logf in the name of a caller further up; depth 0 is the caller itself.
func (c *Category) LogDepth(depth int, level gst.DebugLevel, object gobject.Object, format string, args ...any) {
	if c.native.GetThreshold() < level {
		return
	}
	pc, file, line, _ := runtime.Caller(depth + 1)
	function := path.Base(runtime.FuncForPC(pc).Name())
	gst.DebugLogLiteral(c.native, level, path.Base(file), function, int32(line), object, fmt.Sprintf(format, args...))
}

// Loggers makes the loggers of signaling/ end in the categories above.
type Loggers struct{ Element gobject.Object }

// NewLogger gives the logger of a scope.
func (l Loggers) NewLogger(scope string) logging.LeveledLogger {
	category := Log
	switch scope {
	case "xmpp":
		category = LogXMPP
	case "jingle":
		category = LogJingle
	case "colibri":
		category = LogColibri
	}
	return logger{category, l.Element}
}

type logger struct {
	category *Category
	element  gobject.Object
}

func (l logger) log(level gst.DebugLevel, format string, args ...any) {
	l.category.LogDepth(2, level, l.element, format, args...)
}

func (l logger) Trace(msg string)          { l.log(gst.LevelTrace, "%s", msg) }
func (l logger) Tracef(f string, a ...any) { l.log(gst.LevelTrace, f, a...) }
func (l logger) Debug(msg string)          { l.log(gst.LevelDebug, "%s", msg) }
func (l logger) Debugf(f string, a ...any) { l.log(gst.LevelDebug, f, a...) }
func (l logger) Info(msg string)           { l.log(gst.LevelInfo, "%s", msg) }
func (l logger) Infof(f string, a ...any)  { l.log(gst.LevelInfo, f, a...) }
func (l logger) Warn(msg string)           { l.log(gst.LevelWarning, "%s", msg) }
func (l logger) Warnf(f string, a ...any)  { l.log(gst.LevelWarning, f, a...) }
func (l logger) Error(msg string)          { l.log(gst.LevelError, "%s", msg) }
func (l logger) Errorf(f string, a ...any) { l.log(gst.LevelError, f, a...) }
