package gstx

// #include <stdlib.h>
// #include "inner.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// InnerKind says what an inner pipeline tells.
type InnerKind int

// What an inner pipeline tells.
const (
	InnerEOS     InnerKind = C.GSTX_INNER_EOS     // everything has come to its end
	InnerError   InnerKind = C.GSTX_INNER_ERROR   // an element of it failed
	InnerLatency InnerKind = C.GSTX_INNER_LATENCY // its latency has changed
	InnerRefused InnerKind = C.GSTX_INNER_REFUSED // it does not take data any more
)

// InnerMessage is what a pipeline inside an element tells, instead of telling it to the application.
type InnerMessage struct {
	Kind   InnerKind
	Inner  string // name of the inner pipeline
	Source string // name of the element
	Domain glib.Quark
	Code   int32
	Text   string
	Debug  string // of InnerRefused: the flow return
}

// InnerHandler gets the messages of inner pipelines, on GStreamer's threads: it must not block. self is the Go instance.
type InnerHandler func(self gobject.Object, m InnerMessage)

var innerHandler InnerHandler

// HandleInner gives the messages of inner pipelines of a class of bins to a handler, the same for all such classes. The end
// or an error of an inner pipeline is then not the application's.
func HandleInner(class *gst.BinClass, handler InnerHandler) {
	innerHandler = handler
	C.gstx_inner_class((*C.GstBinClass)(gst.UnsafeBinClassToGlibNone(class)))
}

//export goInnerMessage
func goInnerMessage(bin *C.GObject, inner *C.char, kind C.int, domain C.guint, code C.int, text, debug, source *C.char) {
	object := gobject.UnsafeObjectFromGlibBorrow(unsafe.Pointer(bin))
	defer Recover(object, "inner message")
	innerHandler(object.UnsafeLoadInstanceFromPrivateData(), InnerMessage{
		Kind: InnerKind(kind), Inner: C.GoString(inner), Source: C.GoString(source),
		Domain: glib.Quark(domain), Code: int32(code), Text: C.GoString(text), Debug: C.GoString(debug),
	})
}

// MarkInner makes a bin an inner pipeline of the one that it is added to.
func MarkInner(e gst.Element) { C.gstx_inner_mark(nativeElement(e), 0); runtime.KeepAlive(e) }

// TakeErrors makes the errors of a bin, and no other of its messages, those of an inner pipeline of the one that it is added to.
func TakeErrors(e gst.Element) { C.gstx_inner_mark(nativeElement(e), 1); runtime.KeepAlive(e) }

// ShieldInner keeps what goes wrong behind a sink pad of an inner pipeline from whoever feeds it; the first time is told as
// InnerRefused. Call it before data flows.
func ShieldInner(inlet gst.Pad) { C.gstx_inner_shield(nativePad(inlet)); runtime.KeepAlive(inlet) }

// StringProperties are the values of all string properties of an object, but its name, that can be changed.
func StringProperties(object gobject.Object) map[string]string {
	o := (*C.GObject)(native(object))
	names := C.gstx_string_properties(o)
	defer C.g_strfreev(names)
	values := map[string]string{}
	for _, name := range unsafe.Slice(names, int(C.g_strv_length(names))) {
		value := C.gstx_get_string(o, name)
		values[C.GoString(name)] = C.GoString(value)
		C.g_free(C.gpointer(value))
	}
	runtime.KeepAlive(object)
	return values
}

// SetString sets a string property to a text as it is, whatever it says; SetFromString would interpret it.
func SetString(object gobject.Object, property, value string) {
	withCString(property, func(p *C.char) {
		withCString(value, func(v *C.char) { C.gstx_set_string((*C.GObject)(native(object)), p, v) })
	})
	runtime.KeepAlive(object)
}

// IsSink says whether an element counts as a sink.
func IsSink(e gst.Element) bool {
	defer runtime.KeepAlive(e)
	return C.gstx_is_sink(nativeElement(e)) != 0
}

// UnsetFlag clears an object flag (GST_OBJECT_FLAG_UNSET).
func UnsetFlag(object gobject.Object, flag uint32) {
	C.gstx_flag_unset(native(object), C.guint(flag))
	runtime.KeepAlive(object)
}
