package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"sync"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
)

// EnumValue is one value of an enumeration, with its C name and the nick that gst-launch takes.
type EnumValue struct {
	Value      int32
	Name, Nick string
}

// RegisterEnum registers a GEnum. GLib keeps it for the life of the process.
func RegisterEnum(name string, values []EnumValue) gobject.Type {
	numbers := make([]C.gint, len(values))
	names := make([]*C.char, len(values))
	nicks := make([]*C.char, len(values))
	for i, v := range values {
		numbers[i], names[i], nicks[i] = C.gint(v.Value), C.CString(v.Name), C.CString(v.Nick)
		defer C.free(unsafe.Pointer(names[i]))
		defer C.free(unsafe.Pointer(nicks[i]))
	}
	return gobject.Type(C.gstx_enum_register(C.CString(name), C.guint(len(values)), &numbers[0], &names[0], &nicks[0]))
}

// RefClass initialises the class of a type now and for good. The bindings keep the class data in a map without
// a lock, so that a class that is initialised later, on another thread, is a data race.
func RefClass(t gobject.Type) { C.gstx_class_ref(C.GType(t)) }

// ClassType is the type of a class structure.
func ClassType(class unsafe.Pointer) gobject.Type {
	return gobject.Type(C.gstx_class_type(C.gpointer(class)))
}

// ActionHandler runs an action signal. self is the Go instance of the element.
type ActionHandler func(self gobject.Object, args []any) any

type actionKey struct {
	t    gobject.Type
	name string
}

var actions sync.Map // actionKey -> ActionHandler

// ActionSignal registers an action signal with a class handler (the bindings drop SignalDefinition.Handler).
func ActionSignal(t gobject.Type, name string, ret gobject.Type, params []gobject.Type, handler ActionHandler) {
	actions.Store(actionKey{t, name}, handler)
	types := make([]C.GType, len(params)+1)
	for i, p := range params {
		types[i] = C.GType(p)
	}
	withCString(name, func(c *C.char) {
		C.gstx_action_signal(C.GType(t), c, C.GType(ret), C.guint(len(params)), &types[0])
	})
}

//export goActionSignal
func goActionSignal(self *C.GObject, n C.guint, params *C.GValue, ret *C.GValue, name *C.char) {
	object := gobject.UnsafeObjectFromGlibBorrow(unsafe.Pointer(self))
	handler, ok := actions.Load(actionKey{object.GoValueType(), C.GoString(name)})
	if !ok {
		return
	}
	defer Recover(object, C.GoString(name))
	values := unsafe.Slice(params, int(n))
	args := make([]any, len(values))
	for i := range values {
		args[i] = gobject.ValueFromNative(unsafe.Pointer(&values[i])).GoValue()
	}
	result := handler.(ActionHandler)(object.UnsafeLoadInstanceFromPrivateData(), args)
	if ret != nil {
		giveResult(gobject.ValueFromNative(unsafe.Pointer(ret)), result)
	}
}

// giveResult leaves alone what is no value: that's what PyGObject passes for a signal that returns nothing.
func giveResult(ret *gobject.Value, result any) {
	if ret.Type() != gobject.TypeInvalid {
		ret.SetGoValue(result)
	}
}
