package media

import (
	"fmt"
	"slices"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// MissingElementError names an element that GStreamer does not have here.
type MissingElementError struct {
	Factory string // empty where any of a kind would do
	Purpose string // empty where the factory says enough
	Encodes string // where an encoder is missing: caps of what it would make
}

func (e *MissingElementError) Error() string {
	if e.Factory == "" {
		return "GStreamer has no " + e.Purpose
	}
	if e.Purpose != "" {
		return fmt.Sprintf("GStreamer element %q for %s is missing", e.Factory, e.Purpose)
	}
	return fmt.Sprintf("GStreamer element %q is missing", e.Factory)
}

// makeChain makes elements, puts them into the bin and links them one after the other.
func makeChain(bin gst.Bin, factories []string) ([]gst.Element, error) {
	var elements []gst.Element
	for _, factory := range factories {
		e := gst.ElementFactoryMake(factory, "")
		if e == nil {
			removeChain(bin, elements)
			return nil, &MissingElementError{Factory: factory}
		}
		bin.Add(e)
		elements = append(elements, e)
		if n := len(elements); n > 1 && !elements[n-2].Link(e) {
			removeChain(bin, elements)
			return nil, fmt.Errorf("%s does not link to %s", factories[n-2], factory)
		}
	}
	return elements, nil
}

func removeChain(bin gst.Bin, elements []gst.Element) {
	for _, e := range slices.Backward(elements) {
		gstx.Discard(bin, e)
	}
}
