package guard

import (
	"strings"
	"testing"
)

func TestAPanicIsReported(t *testing.T) {
	var got *Panic
	func() {
		defer Recover(func(p *Panic) { got = p })
		panic("oh")
	}()
	if got == nil || got.Error() != "internal error: oh" || !strings.Contains(string(got.Stack), "guard_test.go") {
		t.Errorf("got %v", got)
	}
}

func TestNoPanicIsNoReport(t *testing.T) {
	defer Recover(func(p *Panic) { t.Errorf("got %v", p) })
}
