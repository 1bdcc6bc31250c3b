package gstx

// #include <stdlib.h>
// #include "switch.h"
import "C"

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/go-gst/go-glib/pkg/gobject/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// Switch is the end of a source pad: an element with one output, on which one of several inputs is heard. What the
// output says is one stream whose time does not go back, whatever is heard.
type Switch struct {
	Element gst.Element
	native  *C.GstxSwitch
	id      uint64
	serial  uint32 // of the last input
}

// Input is one of a switch's inputs; the zero value is none.
type Input uint32

// SwitchEvents are called from streaming threads and must not block.
type SwitchEvents struct {
	Switched func(Input) // the awaited input is heard from now on
	Refused  func(Input) // the peer does not take the input's caps; its media is dropped until they change
}

var (
	switches   sync.Map // id -> SwitchEvents
	lastSwitch atomic.Uint64
)

// NewSwitch makes one whose output has caps among the given ones, whose stream belongs to a group (gst.UtilGroupIDNext)
// and which never answers a latency query with less than a minimum.
func NewSwitch(caps string, group uint32, latency time.Duration, events SwitchEvents) *Switch {
	id := lastSwitch.Add(1)
	switches.Store(id, events)
	s := &Switch{id: id}
	withCString(caps, func(c *C.char) {
		s.native = C.gstx_switch_new(C.guint64(id), c, C.guint(group), C.GstClockTime(latency))
	})
	s.Element = gst.UnsafeElementFromGlibFull(unsafe.Pointer(s.native))
	return s
}

//export goGstxSwitch
func goGstxSwitch(id C.guint64, what C.gint, serial C.guint) {
	defer Recover(nil, "switch")
	events, ok := switches.Load(uint64(id))
	if !ok {
		return
	}
	switch what {
	case C.GSTX_SWITCHED:
		events.(SwitchEvents).Switched(Input(serial))
	case C.GSTX_REFUSED:
		events.(SwitchEvents).Refused(Input(serial))
	}
}

// Silence ends the events.
func (s *Switch) Silence() { switches.Delete(s.id) }

// Output is the pad at the end.
func (s *Switch) Output() gst.Pad {
	defer runtime.KeepAlive(s)
	return gst.UnsafePadFromGlibFull(unsafe.Pointer(C.gstx_switch_output(s.native)))
}

// AddInput makes an input that is not heard.
func (s *Switch) AddInput() (Input, gst.Pad) {
	defer runtime.KeepAlive(s)
	s.serial++
	pad := C.gstx_switch_add_input(s.native, C.guint(s.serial))
	return Input(s.serial), gst.UnsafePadFromGlibFull(unsafe.Pointer(pad))
}

// RemoveInput takes an input away, after Forget. It may wait for a thread that is in what follows.
func (s *Switch) RemoveInput(i Input) {
	C.gstx_switch_remove_input(s.native, C.guint(i))
	runtime.KeepAlive(s)
}

// Fill makes an input a filler: its buffers are lag older than they say, never come before what was sent, and are
// announced with the given caps instead of their own unless these are nil.
func (s *Switch) Fill(i Input, announced *gst.Caps, lag time.Duration) {
	var caps *C.GstCaps
	if announced != nil {
		caps = (*C.GstCaps)(gst.UnsafeCapsToGlibNone(announced))
	}
	C.gstx_switch_fill(s.native, C.guint(i), caps, C.GstClockTime(lag))
	runtime.KeepAlive(announced)
	runtime.KeepAlive(s)
}

// Repeat says whether a filler shows the last picture (the last key frame of encoded video) instead of its own.
func (s *Switch) Repeat(i Input, on bool) {
	C.gstx_switch_repeat(s.native, C.guint(i), gboolean(on))
	runtime.KeepAlive(s)
}

// Show makes an input heard now; 0 makes none.
func (s *Switch) Show(i Input) { C.gstx_switch_show(s.native, C.guint(i)); runtime.KeepAlive(s) }

// Await makes an input heard as soon as it can be: encoded video from its next key frame on, which is asked for.
func (s *Switch) Await(i Input) { C.gstx_switch_await(s.native, C.guint(i)); runtime.KeepAlive(s) }

// Forget drops what an input brings from now on.
func (s *Switch) Forget(i Input) { C.gstx_switch_forget(s.native, C.guint(i)); runtime.KeepAlive(s) }

// Idle is how long an input has brought nothing.
func (s *Switch) Idle(i Input) time.Duration {
	defer runtime.KeepAlive(s)
	return time.Duration(C.gstx_switch_idle(s.native, C.guint(i))) * time.Microsecond
}

// Caps are those that were sent last; nil before the first.
func (s *Switch) Caps() *gst.Caps {
	defer runtime.KeepAlive(s)
	caps := C.gstx_switch_caps(s.native)
	if caps == nil {
		return nil
	}
	return gst.UnsafeCapsFromGlibFull(unsafe.Pointer(caps))
}

// HasPicture says whether Repeat has something to show.
func (s *Switch) HasPicture() bool {
	defer runtime.KeepAlive(s)
	return C.gstx_switch_has_picture(s.native) != 0
}

// SetMuxer says what the peer leads to. Most muxers take no change of caps: another size of the same codec is not told, another codec
// is refused, and so are other parameter sets of H.264 behind a parser.
func (s *Switch) SetMuxer(m Muxer) {
	C.gstx_switch_set_muxer(s.native, C.guint(m))
	runtime.KeepAlive(s)
}

// SetLatency changes the least latency.
func (s *Switch) SetLatency(latency time.Duration) {
	C.gstx_switch_set_latency(s.native, C.GstClockTime(latency))
	runtime.KeepAlive(s)
}

// SetTitle is the title that tags tell from now on.
func (s *Switch) SetTitle(title string) {
	withCString(title, func(c *C.char) { C.gstx_switch_set_title(s.native, c) })
	runtime.KeepAlive(s)
}

// Muxer is what matters of the muxer that follows a pad; 0: none does.
type Muxer uint

// MuxerBehind looks for a muxer through what stands between it and a pad.
func MuxerBehind(pad gst.Pad) Muxer {
	defer runtime.KeepAlive(pad)
	return Muxer(C.gstx_muxer_behind((*C.GstPad)(gobject.UnsafeObjectToGlibNone(pad))))
}

// Found says whether there is one.
func (m Muxer) Found() bool { return m != 0 }

// Fixed says that H.264 has to keep the parameter sets with which it began: the muxer writes them into its header, and a parser in
// front of it would tell it of any others, which ends in an error.
func (m Muxer) Fixed() bool {
	const fixed = C.GSTX_MUXER_KEEPS_SETS | C.GSTX_MUXER_BEHIND_PARSER
	return m&fixed == fixed
}

func gboolean(b bool) C.gboolean {
	if b {
		return 1
	}
	return 0
}
