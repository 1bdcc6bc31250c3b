package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Who takes part.
const (
	ours     = "ours"
	gstMeet  = "gst-meet"
	baseline = "baseline" // the bare elements, without a conference
)

// counter counts what passes, and says so once a second. Both contestants have the same one.
const counter = "progressreport do-query=false format=buffers update-freq=1"

// receiver is the command of a contestant that receives n participants and counts what comes.
func (st *stage) receiver(who, location string, n int, decoded bool) []string {
	if who == gstMeet {
		// It decodes all, and asks for the caps of raw video.
		return st.gstMeetCommand(location, "--recv-video-scale-width=640", "--recv-video-scale-height=360",
			"--recv-pipeline-participant-template=identity name=audio ! "+counter+" name=a{participant_id} ! fakesink sync=false async=false "+
				"identity name=video ! "+counter+" name=v{participant_id} ! fakesink sync=false async=false")
	}
	pipeline := st.ourSource(location)
	for i := range n {
		video, audio := " ! ", " ! "
		if decoded {
			video, audio = " ! video/x-raw ! ", " ! audio/x-raw ! "
		}
		pipeline += fmt.Sprintf(" j.video_%d%s%s name=v%d ! fakesink sync=false async=false j.audio_%d%s%s name=a%d ! fakesink sync=false async=false",
			i, video, counter, i, i, audio, counter, i)
	}
	return launchCommand(pipeline)
}

// decoders is the command that decodes n films and counts what comes, as a receiver does, but from a file.
func (st *stage) decoders(n int) []string {
	var pipeline strings.Builder
	for i := range n {
		fmt.Fprintf(&pipeline, " filesrc location=%s.video ! gdpdepay ! queue ! clocksync ! vp8dec ! videoconvert ! video/x-raw ! %s name=v%d ! fakesink sync=false async=false"+
			" filesrc location=%s.audio ! gdpdepay ! queue ! clocksync ! opusdec ! audioconvert ! audioresample ! audio/x-raw ! %s name=a%d ! fakesink sync=false async=false",
			st.longFilm, counter, i, st.longFilm, counter, i)
	}
	return launchCommand(pipeline.String())
}

// watcher is the command of a contestant that writes small pictures to file descriptor 3, in time, or as they come, and counts the
// packets of sound.
func (st *stage) watcher(who, location string, inTime bool) []string {
	show := fmt.Sprintf("videoconvert ! videoscale ! video/x-raw,format=GRAY8,width=%d,height=%d ! fdsink fd=3 sync=%v async=false", smallWidth, smallHeight, inTime)
	if who == gstMeet {
		return st.gstMeetCommand(location, "--recv-video-scale-width=640", "--recv-video-scale-height=360",
			"--recv-pipeline-participant-template=identity name=video ! "+show+" identity name=audio ! "+counter+" name=a0 ! fakesink sync=false async=false")
	}
	return launchCommand(st.ourSource(location) + " j.video_0 ! video/x-raw ! " + show +
		" j.audio_0 ! audio/x-opus ! " + counter + " name=a0 ! fakesink sync=false async=false")
}

func launchCommand(pipeline string) []string {
	return append([]string{"gst-launch-1.0", "-q"}, splitPipeline(pipeline)...)
}

// splitPipeline splits a pipeline as a shell does that finds no quotes in it.
func splitPipeline(pipeline string) []string { return strings.Fields(pipeline) }

func (st *stage) ourSource(location string) string {
	return fmt.Sprintf("jitsisrc name=j latency=%d location=%s %s", jitterBuffer, location, st.properties)
}

func (st *stage) gstMeetCommand(location string, args ...string) []string {
	room := location[strings.LastIndexByte(location, '/')+1:]
	return append([]string{st.gstMeet, "--web-socket-url=" + st.found.WebSocketURL, "--xmpp-domain=" + st.found.XMPPDomain,
		"--muc-domain=" + st.found.MUCDomain, "--focus-jid=" + st.found.FocusJID, "--room-name=" + room, "--video-codec=vp8",
		fmt.Sprintf("--buffer-size=%d", jitterBuffer)}, args...)
}

// client is a running contestant.
type client struct {
	*child
	began    time.Time
	pictures *pictures // nil where none are asked for
	timeline *timeline // nil where nobody wants to know

	mu       sync.Mutex
	counts   map[string]count // by name of the counter
	counting chan struct{}
	wanted   int // counters
}

// count is what one counter said last.
type count struct {
	buffers int
	at      time.Time
}

// start starts a contestant; wanted is how many counters are to count before it is counting.
func (st *stage) start(who string, command []string, wanted int, watch bool) (*client, error) {
	return st.startWith(&client{wanted: wanted}, st.clientSpace, who, command, watch)
}

// startIn starts it at one of the two ends of the cable.
func (st *stage) startIn(space, who string, command []string, wanted int, watch bool) (*client, error) {
	return st.startWith(&client{wanted: wanted}, space, who, command, watch)
}

// startLogged starts a watcher whose log goes into a timeline.
func (st *stage) startLogged(who string, command []string, t *timeline) (*client, error) {
	return st.startWith(&client{timeline: t}, st.clientSpace, who, command, true)
}

func (st *stage) startWith(c *client, space, who string, command []string, watch bool) (*client, error) {
	c.counts, c.counting = map[string]count{}, make(chan struct{})
	process := st.within(space, command[0], command[1:]...)
	process.Env = append(os.Environ(), "GST_PLUGIN_PATH="+st.build, "GST_REGISTRY="+st.build+"/registry.bin")
	if c.timeline != nil {
		process.Env = append(process.Env, stepLog...)
	}
	if watch {
		reading, writing, err := os.Pipe()
		if err != nil {
			return nil, err
		}
		defer writing.Close()
		process.ExtraFiles = []*os.File{writing}
		c.pictures = watchPictures(reading)
	}
	c.began = time.Now()
	if c.timeline != nil {
		c.timeline.began = c.began
	}
	var err error
	c.child, err = startChild(who, process, c.line)
	return c, err
}

var counted = regexp.MustCompile(`^(\S+) \([0-9: ]+\): (\d+) buffers`)

func (c *client) line(line string) {
	if c.timeline != nil {
		c.timeline.line(line, time.Now())
	}
	match := counted.FindStringSubmatch(strings.TrimSpace(line))
	if match == nil {
		return
	}
	buffers, err := strconv.Atoi(match[2])
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before := len(c.counts)
	c.counts[match[1]] = count{buffers, time.Now()}
	if before < c.wanted && len(c.counts) == c.wanted {
		close(c.counting)
	}
}

// rates is what came a second by kind, the first letter of a counter's name, since an earlier snapshot.
func (c *client) rates(since map[string]count) map[string]float64 {
	rates := map[string]float64{}
	for name, now := range c.snapshot() {
		if before, ok := since[name]; ok && now.at.After(before.at) {
			rates[name[:1]] += float64(now.buffers-before.buffers) / now.at.Sub(before.at).Seconds()
		}
	}
	return rates
}

func (c *client) snapshot() map[string]count {
	c.mu.Lock()
	defer c.mu.Unlock()
	snapshot := map[string]count{}
	for name, n := range c.counts {
		snapshot[name] = n
	}
	return snapshot
}

// pictures are the numbers of those that a watcher has shown, with the time.
type pictures struct {
	first chan struct{}
	mu    sync.Mutex
	shown []shown
}

type shown struct {
	number int
	at     time.Time
	same   bool // as the one before: what is shown while nothing comes
}

func watchPictures(from *os.File) *pictures {
	p := &pictures{first: make(chan struct{})}
	go func() {
		defer from.Close()
		buffer, last := make([]byte, smallSize), make([]byte, smallSize)
		for {
			if _, err := io.ReadFull(from, buffer); err != nil {
				return
			}
			p.mu.Lock()
			p.shown = append(p.shown, shown{readNumber(buffer), time.Now(), bytes.Equal(buffer, last)})
			buffer, last = last, buffer
			if len(p.shown) == 1 {
				close(p.first)
			}
			p.mu.Unlock()
		}
	}()
	return p
}

// since gives those shown from a time on.
func (p *pictures) since(at time.Time) []shown {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []shown
	for _, s := range p.shown {
		if s.at.After(at) {
			list = append(list, s)
		}
	}
	return list
}

// meet starts a company and a contestant that counts it.
func (st *stage) meet(ctx context.Context, who string, n int, decoded bool) (*robots, *client, error) {
	location := st.newRoom()
	company, err := st.startRobots(ctx, location, n, 0)
	if err != nil {
		return nil, nil, err
	}
	c, err := st.start(who, st.receiver(who, location, n, decoded), 2*n, false)
	if err == nil {
		if err = c.wait(ctx, c.counting, "count all streams"); err != nil {
			c.end()
		}
	}
	if err != nil {
		company.end()
		return nil, nil, err
	}
	return company, c, nil
}
