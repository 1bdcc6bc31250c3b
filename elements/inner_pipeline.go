package elements

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
)

// innerPipeline is a pipeline inside the element: an instance of participant-template, or recv-pipeline. Its end and its
// errors are not the application's. It plays while the element does, whatever it needs to preroll, and has a goroutine of
// its own for all that may wait: files, windows, streaming threads.
type innerPipeline struct {
	c   *controller
	bin gst.Bin
	// holder is a bin around it that always plays. Of a child whose state is locked GstBin takes the result of its last change for
	// the answer to its own: one that has not prerolled, as a mixer of nobody never has, or that has failed, would make
	// the element change its state in circles, or fail, too.
	holder gst.Bin
	name   string
	work   *mailbox
	count  int // of inlets

	started func()             // on the controller's goroutine, when it plays
	failed  func(innerFailure) // on the controller's goroutine, for each error

	finishing atomic.Bool   // finish was called
	ended     chan struct{} // closed when all its sinks have come to their end
	endOnce   sync.Once
}

// innerFailure is what went wrong in an inner pipeline.
type innerFailure struct {
	source string // name of the element
	cause  string
	debug  string
	domain glib.Quark
	code   int32
	// refused: an inlet gets rid of nothing any more
	refused bool
}

// addInner puts a bin into the element as an inner pipeline. Nothing runs before start.
func (c *controller) addInner(bin gst.Bin, name string) *innerPipeline {
	c.innerCount++
	i := &innerPipeline{
		c: c, bin: bin, name: fmt.Sprintf("%s-%d", name, c.innerCount), work: newMailbox(), ended: make(chan struct{}),
	}
	i.holder = gst.NewBin(i.name).(gst.Bin)
	i.holder.SetLockedState(true)
	gstx.MarkInner(i.holder)
	c.e.Add(i.holder)
	i.holder.SetState(gst.StatePlaying)
	bin.SetObjectProperty("async-handling", true) // its preroll is none of the holder's state
	bin.SetLockedState(true)
	i.holder.Add(bin)
	c.e.mu.Lock()
	c.e.inners[i.name] = i
	c.e.mu.Unlock()
	c.inner.Go(i.work.run)
	return i
}

// do runs f on the pipeline's goroutine.
func (i *innerPipeline) do(f func()) {
	i.work.put(func() {
		defer gstx.Recover(i.c.e, i.name)
		f()
	})
}

// start plays.
func (i *innerPipeline) start() {
	i.do(func() {
		if i.setState(gst.StatePlaying) == gst.StateChangeFailure {
			i.fail(innerFailure{source: i.name, cause: "It can't be started.", domain: gst.CoreErrorQuark(), code: int32(gst.CoreErrorStateChange)})
			return
		}
		i.c.post(func() {
			if !i.finishing.Load() {
				i.started()
			}
		})
	})
}

// follow brings the pipeline into the element's state.
func (i *innerPipeline) follow(state gst.State) {
	i.do(func() {
		if !i.finishing.Load() {
			i.setState(state)
		}
	})
}

// setState changes the state by the element's clock.
func (i *innerPipeline) setState(state gst.State) gst.StateChangeReturn {
	i.bin.SetBaseTime(i.c.e.GetBaseTime())
	i.bin.SetStartTime(i.c.e.GetStartTime())
	return i.bin.SetState(state)
}

// updateLatency distributes the latency of what is inside anew.
func (i *innerPipeline) updateLatency() { i.do(func() { i.bin.RecalculateLatency() }) }

// inlet makes a sink pad of the pipeline that leads to a pad of one of its elements, through a queue: the pipeline may be
// slow, or wait for another stream, without holding up whoever shares this one.
func (i *innerPipeline) inlet(sink gst.Pad) (gst.GhostPad, error) {
	queue := gst.ElementFactoryMake("queue", "")
	if queue == nil {
		return nil, &media.MissingElementError{Factory: "queue"}
	}
	queue.SetObjectProperty("max-size-buffers", uint32(0))
	queue.SetObjectProperty("max-size-bytes", uint32(32<<20))
	queue.SetObjectProperty("max-size-time", uint64(5*time.Second))
	gstx.SetFromString(queue, "leaky", "upstream")
	i.bin.Add(queue)
	if ret := queue.GetStaticPad("src").Link(sink); ret != gst.PadLinkOK {
		return nil, fmt.Errorf("can't link to pad %s of %s: %v", sink.GetName(), i.name, ret)
	}
	queue.SyncStateWithParent()
	name := fmt.Sprintf("inlet_%d", i.count)
	i.count++
	inside, err := ghostIn(i.bin, name, queue.GetStaticPad("sink"))
	if err != nil {
		return nil, err
	}
	inlet, err := ghostIn(i.holder, name, inside)
	if err == nil {
		gstx.ShieldInner(inlet)
	}
	return inlet, err
}

// ghostIn makes a pad of a bin that leads to one inside it.
func ghostIn(bin gst.Bin, name string, target gst.Pad) (gst.GhostPad, error) {
	ghost, ok := gst.NewGhostPad(name, target).(gst.GhostPad)
	if !ok {
		return nil, fmt.Errorf("no pad %s for %s", name, bin.GetName())
	}
	ghost.SetActive(true)
	bin.AddPad(ghost)
	return ghost, nil
}

// finish lets the pipeline come to its end, for which it has so much time, and takes it away. done is told, on the pipeline's
// goroutine, whether it came to its end. The pads are the pipeline's from now on.
func (i *innerPipeline) finish(pads []*innerPad, limit time.Duration, done func(complete bool)) {
	if i.finishing.Swap(true) {
		return
	}
	i.do(func() {
		complete := i.end(pads, limit)
		i.c.e.mu.Lock()
		delete(i.c.e.inners, i.name)
		i.c.e.mu.Unlock()
		gstx.Discard(i.holder, i.bin)
		gstx.Discard(i.c.e, i.holder)
		done(complete)
	})
	i.work.close()
}

// end tells the pipeline that nothing more comes, and waits until everything has gone through it.
func (i *innerPipeline) end(pads []*innerPad, limit time.Duration) (complete bool) {
	i.setState(gst.StatePlaying) // it may be paused
	fed := false
	for _, p := range pads {
		fed = fed || p.ghost.IsLinked()
	}
	for _, p := range pads {
		i.c.inner.Go(func() { // each may wait for the others
			defer gstx.Recover(i.c.e, i.name)
			p.end()
			p.drop()
		})
	}
	if !fed {
		return false
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-i.ended:
		return true
	case <-timer.C:
	case <-i.c.hurry:
		gstx.Log.Logf(gst.LevelDebug, i.c.e, "%s: no time left to come to its end", i.name)
	}
	return false
}

// fail reports an error to the controller.
func (i *innerPipeline) fail(f innerFailure) { i.c.post(func() { i.failed(f) }) }

// onInner takes a message of an inner pipeline, or an error of the session's, on a thread of GStreamer's.
func (e *element) onInner(m gstx.InnerMessage) {
	e.mu.Lock()
	i := e.inners[m.Inner]
	e.mu.Unlock()
	if i == nil {
		e.controlling(func(c *controller) { c.onSessionError(m) })
		return
	}
	switch m.Kind {
	case gstx.InnerEOS:
		i.endOnce.Do(func() { close(i.ended) })
	case gstx.InnerLatency:
		i.updateLatency()
	case gstx.InnerError:
		gstx.Log.Logf(gst.LevelWarning, e, "%s: %s: %s (%s)", m.Inner, m.Source, m.Text, m.Debug)
		i.fail(innerFailure{source: m.Source, cause: m.Text, debug: m.Debug, domain: m.Domain, code: m.Code})
	case gstx.InnerRefused:
		i.fail(innerFailure{
			source: m.Source, cause: "Data was refused.", debug: "flow return " + m.Debug, refused: true,
			domain: gst.StreamErrorQuark(), code: int32(gst.StreamErrorFailed),
		})
	}
}
