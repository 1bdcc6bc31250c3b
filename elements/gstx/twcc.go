package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// TWCCPacket is what a receiver says of a packet that we sent: see congestion.Packet.
type TWCCPacket struct {
	Sent, Received time.Duration
	Size           int
	PT             uint8
	Lost           bool
}

// maxTWCCPackets bounds what is taken of one report; a report on a second of 20 Mbit/s has fewer.
const maxTWCCPackets = 4096

// TWCCPackets reads the event that an RTP session sends upstream for each report of transport-wide feedback (1.22); none
// for any other event.
func TWCCPackets(event *gst.Event) []TWCCPacket {
	unwrapped := (*C.GstEvent)(gst.UnsafeEventToGlibNone(event))
	count := min(C.gstx_twcc_count(unwrapped), maxTWCCPackets)
	if count == 0 {
		return nil
	}
	native := make([]C.GstxTwccPacket, count)
	n := C.gstx_twcc_packets(unwrapped, &native[0], count)
	runtime.KeepAlive(event)
	packets := make([]TWCCPacket, n)
	for i := range packets {
		packets[i] = TWCCPacket{
			Sent: time.Duration(native[i].sent), Received: time.Duration(native[i].received),
			Size: int(native[i].size), PT: uint8(native[i].pt), Lost: native[i].lost != 0,
		}
	}
	return packets
}

// MonotonicTime is the clock of TWCCPacket.Sent.
func MonotonicTime() time.Duration { return time.Duration(C.g_get_monotonic_time()) * time.Microsecond }
