package transport

import (
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
)

// The bridge passes on three key frame requests in ten seconds for each source; depayloaders that wait for a key frame
// ask once a frame.
const (
	keyFrameRequests = 3
	keyFrameWindow   = 10 * time.Second
	keyFrameSpacing  = 500 * time.Millisecond
)

// requestLimit lets the first request pass at once and spaces the next ones. They come from a streaming thread and from
// the application.
type requestLimit struct {
	mu     sync.Mutex
	passed []time.Time
}

func (l *requestLimit) pass(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.passed) > 0 && now.Sub(l.passed[0]) >= keyFrameWindow {
		l.passed = l.passed[1:]
	}
	n := len(l.passed)
	if n >= keyFrameRequests || n > 0 && now.Sub(l.passed[n-1]) < keyFrameSpacing {
		return false
	}
	l.passed = append(l.passed, now)
	return true
}

// limitKeyFrameRequests keeps the requests that go up through a pad below the bridge's limit.
func (t *Transport) limitKeyFrameRequests(pad gst.Pad, ssrc uint32) uint32 {
	limit := &requestLimit{}
	return pad.AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) (ret gst.PadProbeReturn) {
		ret = gst.PadProbeOK
		t.recovering("key frame request", func() {
			event := info.GetEvent()
			if event == nil || !isKeyFrameRequest(event) {
				return
			}
			if !limit.pass(time.Now()) {
				ret = gst.PadProbeDrop
				return
			}
			t.logf(gst.LevelDebug, "key frame request for SSRC %d", ssrc)
		})
		return ret
	})
}

func isKeyFrameRequest(event *gst.Event) bool {
	s := event.GetStructure()
	return event.GetType() == gst.EventCustomUpstream && s != nil && s.GetName() == "GstForceKeyUnit"
}
