package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// SSRCTable knows which SSRCs may come in and which CNAME each belongs to.
type SSRCTable struct{ native *C.GstxSsrcTable }

// NewSSRCTable makes an empty table.
func NewSSRCTable() *SSRCTable {
	t := &SSRCTable{C.gstx_ssrc_table_new()}
	runtime.SetFinalizer(t, func(t *SSRCTable) { C.gstx_ssrc_table_unref(t.native) })
	return t
}

// Set adds an SSRC or changes its CNAME.
func (t *SSRCTable) Set(ssrc uint32, cname string) {
	withCString(cname, func(c *C.char) { C.gstx_ssrc_table_set(t.native, C.guint32(ssrc), c) })
	runtime.KeepAlive(t)
}

// Remove takes an SSRC out.
func (t *SSRCTable) Remove(ssrc uint32) {
	C.gstx_ssrc_table_remove(t.native, C.guint32(ssrc))
	runtime.KeepAlive(t)
}

// Filter drops RTP packets of unknown SSRCs on a pad.
func (t *SSRCTable) Filter(pad gst.Pad) {
	C.gstx_ssrc_table_filter(t.native, nativePad(pad))
	runtime.KeepAlive(t)
	runtime.KeepAlive(pad)
}

// FilterControl drops RTCP packets of unknown senders on a pad.
func (t *SSRCTable) FilterControl(pad gst.Pad) {
	C.gstx_ssrc_table_filter_control(t.native, nativePad(pad))
	runtime.KeepAlive(t)
	runtime.KeepAlive(pad)
}

// Dropped counts the packets that Filter dropped.
func (t *SSRCTable) Dropped() uint64 {
	defer runtime.KeepAlive(t)
	return uint64(C.gstx_ssrc_table_dropped(t.native))
}

// ProvideCNAME gives a jitter buffer the CNAME of its SSRC in the caps, since bridges drop SDES. Without it rtpbin
// can't synchronise a participant's streams.
func (t *SSRCTable) ProvideCNAME(jitterBuffer, rtpbin gst.Element, session, ssrc uint32) {
	C.gstx_ssrc_table_provide_cnames(t.native, nativeElement(jitterBuffer), nativeElement(rtpbin), C.guint(session), C.guint32(ssrc))
	runtime.KeepAlive(t)
}
