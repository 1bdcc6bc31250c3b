// Package guard turns a panic of one goroutine into an error, so that it ends one stay and not the application
// that has loaded us.
package guard

import (
	"fmt"
	"runtime/debug"
)

// Panic is a recovered panic. Its error text has no stack: that is for logs.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("internal error: %v", p.Value) }

// Recover is to be deferred. It reports a panic, and nothing where there is none.
func Recover(report func(*Panic)) {
	if value := recover(); value != nil {
		report(&Panic{Value: value, Stack: debug.Stack()})
	}
}
