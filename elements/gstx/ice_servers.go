package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
)

// AddTURNServer adds a TURN server to a webrtcbin: turn://user:password@host:port?transport=tcp. The password gets into
// nobody's log. False where webrtcbin can't make sense of it.
func AddTURNServer(webrtcbin gst.Element, uri string) (added bool) {
	withCString(uri, func(c *C.char) { added = C.gstx_add_turn_server(nativeElement(webrtcbin), c) != 0 })
	runtime.KeepAlive(webrtcbin)
	return added
}

// Tunnel passes TCP connections to a port on loopback on to a server by TLS.
type Tunnel struct{ native *C.GstxTunnel }

// NewTunnel opens a tunnel to a server whose certificate is signed by an authority of the PEM file caFile, the system's
// where that is empty; insecure takes any.
func NewTunnel(host string, port uint16, caFile string, insecure bool) (*Tunnel, error) {
	h := C.CString(host)
	defer C.free(unsafe.Pointer(h))
	var ca *C.char
	if caFile != "" {
		ca = C.CString(caFile)
		defer C.free(unsafe.Pointer(ca))
	}
	var any C.gboolean
	if insecure {
		any = 1
	}
	var message *C.char
	native := C.gstx_tunnel_new(h, C.guint16(port), ca, any, &message)
	if native == nil {
		defer C.g_free(C.gpointer(message))
		return nil, fmt.Errorf("tunnel to %s by TLS: %w", host, errors.New(C.GoString(message)))
	}
	return &Tunnel{native}, nil
}

// Port is where the tunnel begins, on 127.0.0.1.
func (t *Tunnel) Port() uint16 { return uint16(C.gstx_tunnel_port(t.native)) }

// Close ends everything that goes through it.
func (t *Tunnel) Close() { C.gstx_tunnel_close(t.native) }
