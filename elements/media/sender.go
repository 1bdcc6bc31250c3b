package media

import (
	"fmt"
	"sync"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// Sender takes an application's stream to the transport: it paces it by its timestamps, drops it while nobody is there,
// and encodes raw media. It outlives transports.
type Sender struct {
	bin    gst.Bin
	pacer  gst.Element // clocksync
	valve  gst.Element
	format string // name of the caps structure that the coding elements are for

	mu     sync.Mutex // guards the links: caps come on the application's thread, transports on ours
	coding []gst.Element
	sink   gst.Pad // of the transport, nil while there is none
	codec  Codec   // that the transport takes
}

// NewSender makes the fixed part of the chain.
func NewSender(bin gst.Bin, sync bool) (*Sender, error) {
	elements, err := makeChain(bin, []string{"clocksync", "valve"})
	if err != nil {
		return nil, err
	}
	s := &Sender{bin: bin, pacer: elements[0], valve: elements[1]}
	gstx.ShieldShutdown(s.valve.GetStaticPad("sink")) // a transport that goes would stop the application's source
	s.pacer.SetObjectProperty("sync", sync)
	s.valve.SetObjectProperty("drop", true)
	s.valve.SyncStateWithParent()
	s.pacer.SyncStateWithParent()
	return s, nil
}

// Input is the pad for the application's data.
func (s *Sender) Input() gst.Pad { return s.pacer.GetStaticPad("sink") }

// Shift moves the timestamps of what comes in from now on.
func (s *Sender) Shift(offset gst.ClockTime) {
	if peer := s.Input().GetPeer(); peer != nil {
		peer.SetOffset(int64(offset)) // of the ghost pad's inner half: a source pad sends its segment anew
	}
}

// SetCaps prepares the chain for a stream with these caps; call it before the caps go in.
func (s *Sender) SetCaps(caps *gst.Caps) error {
	if caps == nil || caps.GetSize() == 0 {
		return fmt.Errorf("empty caps")
	}
	name := caps.GetStructure(0).GetName()
	s.mu.Lock()
	defer s.mu.Unlock()
	if name == s.format {
		return nil
	}
	s.format = name
	return s.rebuild()
}

// Connect links the chain to a transport's pad that takes a codec.
func (s *Sender) Connect(sink gst.Pad, codec Codec) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sink, s.codec = sink, codec
	return s.rebuild()
}

// Disconnect closes the valve and unlinks the transport. A buffer that is behind the valve comes to nothing.
func (s *Sender) Disconnect() {
	s.valve.SetObjectProperty("drop", true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unlink()
	s.sink = nil
}

// Open lets the data through to the transport, beginning with a key frame.
func (s *Sender) Open() {
	s.valve.SetObjectProperty("drop", false)
	s.pacer.GetStaticPad("src").SendEvent(newForceKeyUnit())
}

func newForceKeyUnit() *gst.Event {
	st := gst.NewStructureEmpty("GstForceKeyUnit")
	gstx.SetField(st, "all-headers", true)
	return gst.NewEventCustom(gst.EventCustomUpstream, st)
}

// Close takes the chain out of the bin.
func (s *Sender) Close() {
	s.Disconnect()
	s.mu.Lock()
	defer s.mu.Unlock()
	removeChain(s.bin, append([]gst.Element{s.pacer, s.valve}, s.coding...))
	s.coding = nil
}

func (s *Sender) output() gst.Pad {
	if n := len(s.coding); n > 0 {
		return s.coding[n-1].GetStaticPad("src")
	}
	return s.valve.GetStaticPad("src")
}

func (s *Sender) unlink() {
	out := s.output()
	if peer := out.GetPeer(); peer != nil {
		out.Unlink(peer)
	}
}

// rebuild makes what stands between the valve and the transport. Nothing flows there: either the caps come right now
// on the only thread that feeds it, or the valve is closed and the last transport gone.
func (s *Sender) rebuild() error {
	s.unlink()
	if len(s.coding) > 0 {
		s.valve.GetStaticPad("src").Unlink(s.coding[0].GetStaticPad("sink"))
		removeChain(s.bin, s.coding)
		s.coding = nil
	}
	if s.sink == nil || s.format == "" {
		return nil
	}
	if s.format != s.codec.Caps {
		if s.format != s.codec.Raw {
			return fmt.Errorf("the conference takes %s here, the stream is %s", s.codec.Caps, s.format)
		}
		if err := s.makeEncoder(); err != nil {
			return err
		}
	}
	if r := s.output().Link(s.sink); r != gst.PadLinkOK {
		return fmt.Errorf("can't link %s to the payloader: %v", s.format, r)
	}
	return nil
}

func (s *Sender) makeEncoder() error {
	coding, err := newEncoder(s.bin, s.codec)
	if err != nil {
		return err
	}
	s.coding = coding
	for _, e := range coding {
		e.SyncStateWithParent()
	}
	if r := s.valve.GetStaticPad("src").Link(coding[0].GetStaticPad("sink")); r != gst.PadLinkOK {
		return fmt.Errorf("can't link to %s: %v", coding[0].GetName(), r)
	}
	return nil
}
