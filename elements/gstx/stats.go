package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// SourceStats are the figures of an SSRC: what arrives, or, with Sent, what we send.
type SourceStats struct {
	SSRC           uint32
	Sent           bool
	Bitrate        uint64 // bit/s
	Packets, Bytes uint64
	Lost           int           // packets; of what we send, those that the other side has reported
	Jitter         time.Duration // of what arrives
	RTT            time.Duration // of what we send; 0: not known yet
}

// maxSources bounds what is taken of one session.
const maxSources = 1024

// ReadSourceStats reads the figures that an rtpsession keeps. It waits for nothing.
func ReadSourceStats(session gst.Element) []SourceStats {
	native := make([]C.GstxSourceStats, maxSources)
	n := C.gstx_source_stats(nativeElement(session), &native[0], maxSources)
	runtime.KeepAlive(session)
	list := make([]SourceStats, n)
	for i := range list {
		s := native[i]
		list[i] = SourceStats{
			SSRC: uint32(s.ssrc), Sent: s.internal != 0, Bitrate: uint64(s.bitrate),
			Packets: uint64(s.packets), Bytes: uint64(s.bytes), Lost: int(s.lost),
			Jitter: time.Duration(float64(s.jitter) * float64(time.Second)),
			RTT:    time.Duration(float64(s.rtt) * float64(time.Second)),
		}
	}
	return list
}

// LogPackets logs each packet of an rtpsession that has no pads yet, if that is wanted now: GST_DEBUG=jitsi-rtp:6,jitsi-rtcp:6.
// Otherwise it costs nothing.
func LogPackets(session gst.Element) {
	C.gstx_log_packets(nativeElement(session))
	runtime.KeepAlive(session)
}
