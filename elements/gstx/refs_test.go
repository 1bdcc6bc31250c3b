package gstx

import (
	"runtime"
	"testing"
	"time"
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
