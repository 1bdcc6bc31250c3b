package elements

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/jingle"
)

// innerState is the controller's part that is about pipelines inside the element.
type innerState struct {
	template   *template          // participant-template; nil: none
	intakes    map[string]*intake // by participant
	recv       *recvPipeline      // nil: none
	innerPads  []*sourcePad
	innerCount int            // of names
	closing    bool           // no other pipeline is started
	inner      sync.WaitGroup // goroutines of the pipelines
	hurry      chan struct{}  // closed: there is no time left for them
}

func newInnerState() innerState {
	return innerState{intakes: map[string]*intake{}, hurry: make(chan struct{})}
}

// innerTemplates are the templates of a stay.
type innerTemplates struct {
	participant, recv *template // nil: none
}

// templates checks participant-template and recv-pipeline. Where both name an element, recv-pipeline's gets the streams.
func (s *settings) templates(k kind) (t innerTemplates, err error) {
	if s.hasInner() && !k.receive {
		return t, fmt.Errorf("participant-template, recv-pipeline: %s receives nothing", k.name)
	}
	if t.participant, err = parseParticipantTemplate(s.participantTemplate); err != nil {
		return t, err
	}
	if t.recv, err = parseRecvPipeline(s.recvPipeline); err != nil {
		return t, err
	}
	if t.participant != nil && t.recv != nil {
		t.participant.media = slices.DeleteFunc(t.participant.media, func(m jingle.Media) bool {
			return slices.Contains(t.recv.media, m)
		})
	}
	return t, nil
}

// hasInner says whether pipelines run inside the element. It is a sink then: the application's EOS message waits for theirs.
func (s *settings) hasInner() bool {
	return strings.TrimSpace(s.participantTemplate) != "" || strings.TrimSpace(s.recvPipeline) != ""
}

// updateSinkFlag follows a change of the templates.
func (e *element) updateSinkFlag() {
	if !e.kind.receive {
		return
	}
	e.mu.Lock()
	sink := e.settings.hasInner()
	e.mu.Unlock()
	if sink {
		gstx.SetFlag(e, uint32(gst.ElementFlagSink))
	} else {
		gstx.UnsetFlag(e, uint32(gst.ElementFlagSink))
	}
}

// startInner begins to take streams into the pipelines inside.
func (c *controller) startInner(t innerTemplates) error {
	c.template = t.participant
	if t.recv == nil {
		return nil
	}
	return c.startRecvPipeline(t.recv)
}

// routeInner gives streams to the pipelines inside.
func (c *controller) routeInner(offers []offer) {
	c.routeRecvPipeline(offers)
	c.routeTemplates(offers)
}

// finishInner lets all pipelines inside come to their end. No other is started.
func (c *controller) finishInner() {
	c.closing = true
	for id, in := range c.intakes {
		in.close()
		delete(c.intakes, id)
	}
	if c.recv != nil {
		c.recv.close()
	}
}

// stopLimit is how long leaving PAUSED waits for files to be completed.
const stopLimit = time.Second

// awaitInner waits until the pipelines inside are gone. After the limit they are taken away as they are.
func (c *controller) awaitInner(limit time.Duration) {
	timer := time.AfterFunc(limit, func() { close(c.hurry) })
	c.inner.Wait()
	if timer.Stop() {
		close(c.hurry)
	}
}

// followState brings the pipelines inside into the element's state.
func (e *element) followState(state gst.State) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.inners {
		i.follow(state)
	}
}

// endInner answers an EOS of the application's: the message follows when all files are complete.
func (e *element) endInner() (ended bool) {
	e.mu.Lock()
	c, has := e.control, e.settings.hasInner()
	e.mu.Unlock()
	if c == nil || !has {
		return false
	}
	e.pushing.Go(func() {
		defer gstx.Recover(e, "EOS")
		c.do(c.finishInner)
		c.inner.Wait()
		e.PostMessage(gst.NewMessageEOS(e))
	})
	return true
}

// startAtZero lets the files of a muxer that writes running times begin at zero, not when the element was started, unless the
// template says otherwise.
func startAtZero(bin gst.Bin, text string) {
	const property = "offset-to-zero"
	if strings.Contains(text, property) {
		return
	}
	for e := range bin.IterateRecurse().Values() {
		if gstx.HasProperty(e.(gst.Element), property) {
			e.(gst.Element).SetObjectProperty(property, true)
		}
	}
}

// startWithFirst keeps a mixer from making up, as fast as it can, for the time before somebody came, unless the pipeline says
// otherwise.
func startWithFirst(mixer gst.Element, text string) {
	const property = "start-time-selection"
	if !strings.Contains(text, property) && gstx.HasProperty(mixer, property) {
		gstx.SetFromString(mixer, property, "first")
	}
}
