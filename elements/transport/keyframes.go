package transport

import (
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
)

// The bridge passes on three key frame requests in ten seconds for each source; depayloaders that wait for a key frame
// ask once a frame.
const (
	keyFrameRequests = 3
	keyFrameWindow   = 10 * time.Second
	keyFrameSpacing  = 500 * time.Millisecond // after the first; five times as long after the next, so that one is left for later
)

func (l *requestLimit) spacing() time.Duration {
	if len(l.passed) > 1 {
		return 5 * keyFrameSpacing
	}
	return keyFrameSpacing
}

// requestLimit lets the first request pass at once and spaces the next ones: those that get no answer are not used up at once.
type requestLimit struct{ passed []time.Time }

func (l *requestLimit) pass(now time.Time) bool {
	for len(l.passed) > 0 && now.Sub(l.passed[0]) >= keyFrameWindow {
		l.passed = l.passed[1:]
	}
	n := len(l.passed)
	if n >= keyFrameRequests || n > 0 && now.Sub(l.passed[n-1]) < l.spacing() {
		return false
	}
	l.passed = append(l.passed, now)
	return true
}

// next is when a request may pass that may not now.
func (l *requestLimit) next(now time.Time) time.Time {
	n := len(l.passed)
	switch {
	case n >= keyFrameRequests:
		return l.passed[n-keyFrameRequests].Add(keyFrameWindow)
	case n > 0:
		return l.passed[n-1].Add(l.spacing())
	}
	return now
}

// requestLimiter keeps the requests that go up through a pad below the bridge's limit. What comes too early is not
// forgotten: some depayloaders ask but once.
type requestLimiter struct {
	t    *Transport
	pad  gst.Pad // a source pad
	ssrc uint32
	id   uint32 // of the probe

	mu    sync.Mutex // requests come from streaming threads, the application's, and the timer's
	limit requestLimit
	later *time.Timer // a request that came too early
	ended bool
}

func (t *Transport) limitKeyFrameRequests(pad gst.Pad, ssrc uint32) *requestLimiter {
	r := &requestLimiter{t: t, pad: pad, ssrc: ssrc}
	r.id = pad.AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) (ret gst.PadProbeReturn) {
		ret = gst.PadProbeOK
		t.recovering("key frame request", func() {
			event := info.GetEvent()
			if event == nil || !isKeyFrameRequest(event) {
				return
			}
			if !r.take(time.Now()) {
				ret = gst.PadProbeDrop
				return
			}
			t.logf(gst.LevelDebug, "key frame request for SSRC %d", ssrc)
		})
		return ret
	})
	return r
}

// take lets a request pass, or has it made again when it may.
func (r *requestLimiter) take(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	passes := r.limit.pass(now)
	switch {
	case passes && r.later != nil:
		r.later.Stop()
		r.later = nil
	case !passes && r.later == nil && !r.ended:
		r.later = time.AfterFunc(r.limit.next(now).Sub(now), r.again)
	}
	return passes
}

func (r *requestLimiter) again() {
	r.mu.Lock()
	ended := r.ended || r.later == nil
	r.later = nil
	if !ended { // the end may come while we ask
		defer gstx.Hold(r.t.cfg.Bin)()
		defer gstx.Hold(r.pad)()
	}
	r.mu.Unlock()
	if ended {
		return
	}
	r.t.recovering("key frame request", func() { r.pad.SendEvent(media.NewKeyFrameRequest()) })
}

// end takes the probe off the pad, and forgets what was to be asked.
func (r *requestLimiter) end() {
	r.mu.Lock()
	r.ended = true
	if r.later != nil {
		r.later.Stop()
		r.later = nil
	}
	r.mu.Unlock()
	r.pad.RemoveProbe(r.id)
}

func isKeyFrameRequest(event *gst.Event) bool {
	s := event.GetStructure()
	return event.GetType() == gst.EventCustomUpstream && s != nil && s.GetName() == "GstForceKeyUnit"
}
