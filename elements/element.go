package elements

import (
	"sync"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
)

// element is the Go half of each of the three elements. BinInstance is a borrowed pointer: goroutines hold a reference
// of their own.
type element struct {
	gst.BinInstance
	kind kind

	pushing sync.WaitGroup // EOS events on their way out

	mu       sync.Mutex // guards what follows
	settings settings
	state    conferenceState
	snapshot conference.Snapshot

	targetBitrate uint32 // bit/s, of each video source
	stats         []*sourceStats

	sources []*sourcePad // of the application, in the order of their requests
	sinks   []*sinkPad
	control *controller               // between READY and PAUSED
	inners  map[string]*innerPipeline // by name

	written map[string]bool // files of instances, of all stays; the controller's
}

func (e *element) instanceInit() {
	e.settings = defaultSettings()
	e.inners, e.written = map[string]*innerPipeline{}, map[string]bool{}
}

// constructed says whether we are a source or a sink. webrtcbin's own sinks would make the bin a sink, and the
// pipeline would wait for their EOS for ever.
func (e *element) constructed() {
	e.SetSuppressedFlags(gst.ElementFlagSink | gst.ElementFlagSource)
	if e.kind.receive {
		gstx.SetFlag(e, uint32(gst.ElementFlagSource))
	} else {
		gstx.SetFlag(e, uint32(gst.ElementFlagSink))
	}
}

// controlling runs f on the controller's goroutine, if there is one.
func (e *element) controlling(f func(*controller)) {
	e.mu.Lock()
	c := e.control
	e.mu.Unlock()
	if c != nil {
		c.post(func() { f(c) })
	}
}

func (e *element) setState(s conference.State) {
	e.mu.Lock()
	changed := e.state != conferenceState(s)
	e.state = conferenceState(s)
	e.mu.Unlock()
	if changed {
		gstx.Notify(e, "state")
	}
}
