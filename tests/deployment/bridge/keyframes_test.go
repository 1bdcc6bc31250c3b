package bridge

import (
	"testing"
	"time"

	"gstjitsi/tests/deployment/codec"
)

func TestKeyFramesAreRecognised(t *testing.T) {
	for _, test := range []struct {
		name    string
		codec   string
		payload []byte
		want    bool
	}{
		{"VP8 key frame", codec.VP8, []byte{0x10, 0x00}, true},
		{"VP8 delta frame", codec.VP8, []byte{0x10, 0x01}, false},
		{"VP8 key frame, continued", codec.VP8, []byte{0x00, 0x00}, false},
		{"VP8 second partition", codec.VP8, []byte{0x11, 0x00}, false},
		{"VP8 key frame with a long picture id, TL0PICIDX and TID", codec.VP8, []byte{0x90, 0xe0, 0x81, 0x02, 0x05, 0x20, 0x00}, true},
		{"VP8 delta frame with a short picture id", codec.VP8, []byte{0x90, 0x80, 0x01, 0x01}, false},
		{"VP8 cut off", codec.VP8, []byte{0x90, 0x80}, false},
		{"VP9 key frame", codec.VP9, []byte{0x8c}, true},
		{"VP9 delta frame", codec.VP9, []byte{0xcc}, false},
		{"VP9 key frame, lowest of several layers", codec.VP9, []byte{0xa8, 0x81, 0x02, 0x00}, true},
		{"VP9 key frame, a higher layer", codec.VP9, []byte{0xa8, 0x81, 0x02, 0x03}, false},
		{"VP9 layers cut off", codec.VP9, []byte{0xa8, 0x81}, false},
		{"H.264 parameter set", codec.H264, []byte{0x67, 0x42}, true},
		{"H.264 IDR in fragments, first", codec.H264, []byte{0x7c, 0x85}, true},
		{"H.264 IDR in fragments, later", codec.H264, []byte{0x7c, 0x05}, false},
		{"H.264 aggregate that begins with a parameter set", codec.H264, []byte{0x78, 0x00, 0x02, 0x67, 0x42}, true},
		{"H.264 aggregate with a parameter set after the delimiter", codec.H264, []byte{0x78, 0x00, 0x02, 0x09, 0x10, 0x00, 0x02, 0x67, 0x42}, true},
		{"H.264 aggregate without either", codec.H264, []byte{0x78, 0x00, 0x02, 0x09, 0x10, 0x00, 0x02, 0x41, 0x9a}, false},
		{"H.264 aggregate cut off", codec.H264, []byte{0x78, 0x00, 0x09, 0x09}, false},
		{"H.264 delta", codec.H264, []byte{0x41, 0x9a}, false},
		{"AV1 new sequence", codec.AV1, []byte{0x18}, true},
		{"AV1 delta", codec.AV1, []byte{0x10}, false},
		{"nothing", codec.VP8, nil, false},
		{"unknown", "", []byte{0x10, 0x00}, false},
	} {
		if got := startsKeyFrame(test.codec, test.payload); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

func TestAReceiverMayAskForThreeKeyFramesInTenSeconds(t *testing.T) {
	limit, start := &keyFrameLimiter{}, time.Now()
	for _, request := range []struct {
		at     time.Duration
		passes bool
	}{
		{0, true}, {keyFramePause / 2, false}, {keyFramePause, true}, {time.Second, true}, {2 * time.Second, false},
		{keyFrameWindow - time.Millisecond, false}, {keyFrameWindow, true},
	} {
		if got := limit.pass(start.Add(request.at)); got != request.passes {
			t.Errorf("after %v: %v", request.at, got)
		}
	}
}

func FuzzKeyFrames(f *testing.F) {
	f.Add([]byte{0x90, 0xe0, 0x81, 0x02, 0x05, 0x20, 0x00})
	f.Fuzz(func(_ *testing.T, payload []byte) {
		for _, name := range []string{codec.VP8, codec.VP9, codec.H264, codec.AV1} {
			startsKeyFrame(name, payload)
		}
	})
}
