package gstx

// #include "gstx.h"
import "C"

import (
	"runtime"

	"github.com/go-gst/go-gst/pkg/gst"
)

// GuessOpusLevel gives the Opus packets that pass a pad a level, which the payloader writes into RTP (RFC 6464): silence is
// told from sound by their size. Packets that have a level keep it.
func GuessOpusLevel(pad gst.Pad) { C.gstx_guess_opus_level(nativePad(pad)); runtime.KeepAlive(pad) }
