package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"gstjitsi/tests/launch"
)

// progress is a line of progressreport's, of the picture in front of a muxer, one a second while the muxer takes them. On a busy machine
// the first one comes late: of a film with too few pictures players take the track for a preview and leave it out.
var progress = regexp.MustCompile(`^progressreport0 \(\d\d:\d\d:\d\d\)`)

// progresses waits for so many more of them.
func (p *participant) progresses(seconds int) {
	p.room.t.Helper()
	for mark := p.Mark(); seconds > 0; mark, seconds = p.Mark(), seconds-1 {
		if _, err := p.WaitLine(p.room.ctx, mark, progress); err != nil {
			p.room.t.Fatal(err)
		}
	}
}

// A muxer waits for each of its pads. One of the two pictures that are recorded is nobody's.
func TestMuxersRunWhileAPadIsEmpty(t *testing.T) {
	t.Parallel()
	const (
		report  = `progressreport update-freq=1 do-query=false format=time`
		encoded = `queue ! ` + report
		h264    = `queue ! videoconvert ! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! h264parse ! ` + report
		opus    = `queue`
		named   = "mux.%s_0" // a queue does not say what it carries, and gst-launch takes the first template
		aac     = `queue ! audioconvert ! audioresample ! avenc_aac ! aacparse`
	)
	for mux, tt := range map[string]struct{ video, audio, pads string }{
		"matroskamux": {encoded, opus, named}, "webmmux": {encoded, opus, named}, "mp4mux": {h264, opus, named},
		"flvmux": {h264, aac, "mux.%s"}, "mpegtsmux": {h264, aac, "mux.%.0s"},
		"mp4mux fragment-duration=1000": {"video/x-h264 ! " + encoded, opus, named}, "mpegtsmux alignment=7": {"h264parse ! " + encoded, aac, "mux.%.0s"},
		"mp4mux faststart=true": {"h264parse ! " + encoded, opus, named}, "flvmux streamable=true": {"h264parse ! " + encoded, aac, "mux.%s"},
	} {
		t.Run(mux, func(t *testing.T) {
			room, dir := newRoom(t), t.TempDir()
			room.join("voice", `audiotestsrc is-live=true freq=440 ! jitsisink {room}`)
			recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"}, Pipeline: fmt.Sprintf(
				`jitsisrc name=j {room} %s name=mux ! filesink location=recording  j.video_0 ! %s ! %s  j.audio_0 ! %s ! %s`,
				mux, tt.video, fmt.Sprintf(tt.pads, "video"), tt.audio, fmt.Sprintf(tt.pads, "audio"))})
			recorder.progresses(5)
			recorder.leave()
			run(t, fmt.Sprintf(`filesrc location=%s ! decodebin name=d  d. ! videoconvert ! fakesink  d. ! audioconvert ! fakesink`, filepath.Join(dir, "recording")))
		})
	}
}
