package main

import (
	"context"
	"regexp"
	"time"
)

// step is something on the way to the first picture, as our log tells it.
type step struct {
	name string
	log  *regexp.Regexp
}

// steps are in the order in which they come. Times are since the start of the process.
var steps = []step{
	{"plugin loaded, ms", regexp.MustCompile(`libgstjitsi\.so" loaded`)},
	{"config.js read, ms", regexp.MustCompile(`config\.js: \S+ says|config\.js: none for`)},
	{"logged in, ms", regexp.MustCompile(`xmpp\.Dial.* connected to`)},
	{"room joined, ms", regexp.MustCompile(`entered.* joined .* as `)},
	{"session-initiate, ms", regexp.MustCompile(`session \S+ starts`)},
	{"ICE connected, ms", regexp.MustCompile(`ICE connection state change from checking`)},
	{"DTLS connected, ms", regexp.MustCompile(`Peer connection state change .* to connected`)},
	{"first RTP packet, ms", regexp.MustCompile(`gst_rtp_ssrc_demux_chain`)},
	{"first key frame, ms", regexp.MustCompile(`video_0 carries`)},
}

// stepLog makes the log tell of the steps, and of little else.
var stepLog = []string{
	"GST_DEBUG_NO_COLOR=1", "GST_DEBUG=GST_PLUGIN_LOADING:4,jitsi:5,jitsi-xmpp:4,jitsi-jingle:4,webrtcbin:4,rtpssrcdemux:5",
}

func stepNames() []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// timeline finds the steps in the lines of a log.
type timeline struct {
	began time.Time // of the process
	zero  time.Duration
	found map[string]time.Duration // since GStreamer's start
}

func newTimeline() *timeline {
	return &timeline{zero: time.Hour, found: map[string]time.Duration{}}
}

var logTime = regexp.MustCompile(`^(\d+):(\d\d):(\d\d\.\d+) `)

// line takes a line that came at a time. The log counts from GStreamer's start, which no line comes before.
func (t *timeline) line(line string, at time.Time) {
	match := logTime.FindStringSubmatch(line)
	if match == nil {
		return
	}
	stamp, err := time.ParseDuration(match[1] + "h" + match[2] + "m" + match[3] + "s")
	if err != nil {
		return
	}
	t.zero = min(t.zero, at.Sub(t.began)-stamp)
	for _, s := range steps {
		if _, known := t.found[s.name]; !known && s.log.MatchString(line) {
			t.found[s.name] = stamp
		}
	}
}

func (t *timeline) figures() figures {
	f := figures{}
	for name, stamp := range t.found {
		f[name] = milliseconds(t.zero + stamp)
	}
	return f
}

func firstFrameSteps(ctx context.Context, st *stage, who string) (figures, error) {
	location := st.newRoom()
	company, err := st.startRobots(ctx, location, 2, 0)
	if err != nil {
		return nil, err
	}
	defer company.end()
	if err := company.pause(ctx, settling); err != nil {
		return nil, err
	}
	t := newTimeline()
	c, err := st.startLogged(who, st.watcher(who, location, false), t)
	if err != nil {
		return nil, err
	}
	waited := c.wait(ctx, c.pictures.first, "show a picture")
	c.end() // the timeline is complete, and nobody writes to it any more
	if waited != nil {
		return nil, waited
	}
	f := t.figures()
	f[firstFrameMS] = milliseconds(c.pictures.since(time.Time{})[0].at.Sub(c.began))
	return f, nil
}
