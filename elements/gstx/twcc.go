package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"
	"time"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
)

// TWCCPacket is what a receiver says of a packet that we sent: see congestion.Packet.
type TWCCPacket struct {
	Sent, Received time.Duration
	Size           int
	PT             uint8
	Lost           bool
}

// TWCCReport is a report of transport-wide feedback, and when it came, by the clock of TWCCPacket.Sent.
type TWCCReport struct {
	At      time.Duration
	Packets []TWCCPacket
}

// TWCC collects reports of transport-wide feedback, which an RTP session sends upstream as an event for each (1.22).
type TWCC struct{ native *C.GstxTwcc }

// CollectTWCC collects what passes a pad upstream. Of the events only those pass with which there is something to
// take: the first one after some time, and each that tells of a loss.
func CollectTWCC(pad gst.Pad) *TWCC {
	t := &TWCC{C.gstx_twcc_new()}
	runtime.SetFinalizer(t, func(t *TWCC) { C.gstx_twcc_unref(t.native) })
	C.gstx_twcc_collect(t.native, nativePad(pad))
	runtime.KeepAlive(pad)
	runtime.KeepAlive(t)
	return t
}

// Take gives what has been collected, in the order in which it came.
func (t *TWCC) Take() []TWCCReport {
	array := C.gstx_twcc_take(t.native)
	defer C.g_array_unref(array)
	runtime.KeepAlive(t)
	var reports []TWCCReport
	for _, p := range unsafe.Slice((*C.GstxTwccPacket)(unsafe.Pointer(array.data)), array.len) {
		at := time.Duration(p.reported)
		if n := len(reports); n == 0 || reports[n-1].At != at {
			reports = append(reports, TWCCReport{At: at})
		}
		last := &reports[len(reports)-1]
		last.Packets = append(last.Packets, TWCCPacket{
			Sent: time.Duration(p.sent), Received: time.Duration(p.received), Size: int(p.size), PT: uint8(p.pt), Lost: p.lost != 0,
		})
	}
	return reports
}
