package gstx

import (
	"testing"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
)

func TestTheResultOfASignalGoesWhereAValueIs(t *testing.T) {
	var nothing [3]uint64 // a GValue that nobody has given a type, as PyGObject has it for signals without a result
	giveResult(gobject.ValueFromNative(unsafe.Pointer(&nothing)), nil)
	if nothing != [3]uint64{} {
		t.Errorf("what is no value has become %x", nothing)
	}
	answer := gobject.NewValue("")
	if giveResult(answer, "yes"); answer.GoValue() != "yes" {
		t.Errorf("the result is %v", answer.GoValue())
	}
}
