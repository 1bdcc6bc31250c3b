package gstx

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

func TestCollectWaitsForFinalizers(t *testing.T) {
	ran := make(chan struct{})
	object := new([32]byte)
	runtime.SetFinalizer(object, func(*[32]byte) { close(ran) })
	runtime.KeepAlive(object)
	Collect()
	select {
	case <-ran:
	case <-time.After(time.Minute):
		t.Error("the finalizer has not run")
	}
}

func TestAFinalizerKnowsThatItIsOne(t *testing.T) {
	if inFinalizer() {
		t.Error("a test is none")
	}
	answer := make(chan bool)
	object := new([32]byte)
	runtime.SetFinalizer(object, func(*[32]byte) { answer <- inFinalizer() })
	runtime.KeepAlive(object)
	runtime.GC()
	select {
	case is := <-answer:
		if !is {
			t.Error("it does not know")
		}
	case <-time.After(time.Minute):
		t.Fatal("it has not run")
	}
}

func TestAPanicBecomesAnErrorOfTheElement(t *testing.T) {
	p := gst.NewPipeline("").(gst.Pipeline)
	e := gst.ElementFactoryMake("identity", "careless")
	p.Add(e)
	func() {
		defer Recover(e, "a callback")
		var none map[string]int
		none["nothing"]++
	}()
	m := p.GetBus().PopFiltered(gst.MessageError)
	if m == nil {
		t.Fatal("no error was posted")
	}
	debug, err := m.ParseError()
	if err == nil || !strings.Contains(debug, "panic in a callback: assignment to entry in nil map") {
		t.Errorf("the error is %v: %s", err, debug)
	}
}

func TestWithoutAPanicThereIsNoError(t *testing.T) {
	p := gst.NewPipeline("").(gst.Pipeline)
	e := gst.ElementFactoryMake("identity", "")
	p.Add(e)
	func() { defer Recover(e, "a callback") }()
	if m := p.GetBus().PopFiltered(gst.MessageError); m != nil {
		t.Errorf("an error was posted: %v", m)
	}
}
