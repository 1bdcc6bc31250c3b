package gstx

import "github.com/go-gst/go-glib/pkg/gobject/v2"

// Signals remembers connections, so that all can be undone: a closure that nobody disconnects pins what it captured,
// and with it the object that holds the closure.
type Signals struct{ connections []connection }

type connection struct {
	object gobject.Object
	handle gobject.SignalHandle
}

// Connect connects a handler.
func (s *Signals) Connect(object gobject.Object, signal string, handler any) {
	s.connections = append(s.connections, connection{object, object.Connect(signal, handler)})
}

// DisconnectAll undoes every Connect.
func (s *Signals) DisconnectAll() {
	for _, c := range s.connections {
		c.object.HandlerDisconnect(c.handle)
	}
	s.connections = nil
}
