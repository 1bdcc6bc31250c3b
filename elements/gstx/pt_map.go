package gstx

// #include <stdlib.h>
// #include "gstx.h"
import "C"

import (
	"runtime"
	"unsafe"

	"github.com/go-gst/go-gst/pkg/gst"
)

// ProvidePTMap answers an rtpbin's requests for the caps of payload types. Caps that don't parse are left out.
func ProvidePTMap(rtpbin gst.Element, caps map[uint8]string) {
	pts := make([]C.guint, 0, len(caps)+1)
	texts := make([]*C.char, 0, len(caps)+1)
	for pt, text := range caps {
		if gst.CapsFromString(text) == nil {
			continue
		}
		c := C.CString(text)
		defer C.free(unsafe.Pointer(c))
		pts, texts = append(pts, C.guint(pt)), append(texts, c)
	}
	n := len(pts)
	pts, texts = append(pts, 0), append(texts, nil) // so that there is a first element
	C.gstx_provide_pt_map(nativeElement(rtpbin), C.guint(n), &pts[0], &texts[0])
	runtime.KeepAlive(rtpbin)
}
