package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// SRTPKeys takes the keys of SSRCs that are no more out of an srtpdec.
type SRTPKeys struct{ native *C.GstxSrtpKeys }

// NewSRTPKeys makes one for an srtpdec that Watch will tell.
func NewSRTPKeys() *SRTPKeys {
	k := &SRTPKeys{C.gstx_srtp_keys_new()}
	runtime.SetFinalizer(k, func(k *SRTPKeys) { C.gstx_srtp_keys_unref(k.native) })
	return k
}

// Watch tells the srtpdec, all whose packets come to its pad rtp_sink, on one thread.
func (k *SRTPKeys) Watch(decoder gst.Element) {
	C.gstx_srtp_keys_watch(k.native, nativeElement(decoder))
	runtime.KeepAlive(k)
	runtime.KeepAlive(decoder)
}

// Forget has the keys of an SSRC removed when a packet comes after two seconds. It must not come back later: what SRTP remembers of
// how often its sequence numbers have wrapped is gone, and nothing of it would be understood.
func (k *SRTPKeys) Forget(ssrc uint32) {
	C.gstx_srtp_keys_forget(k.native, C.guint32(ssrc))
	runtime.KeepAlive(k)
}

// Keep revokes Forget, if it is not too late.
func (k *SRTPKeys) Keep(ssrc uint32) {
	C.gstx_srtp_keys_keep(k.native, C.guint32(ssrc))
	runtime.KeepAlive(k)
}
