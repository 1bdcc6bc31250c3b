package media

import (
	"errors"
	"fmt"
	"strings"

	"github.com/go-gst/go-gst/pkg/gst"
)

// format is what an application's stream is.
type format struct {
	name     string // of its caps structure
	encoding string // of RTP: its encoding name
	size            // of raw video
}

const rtpCaps = "application/x-rtp"

// parseFormat reads what matters of caps.
func parseFormat(caps *gst.Caps) (format, error) {
	if caps == nil || caps.GetSize() == 0 {
		return format{}, fmt.Errorf("empty caps")
	}
	s := caps.GetStructure(0)
	f := format{name: s.GetName()}
	switch f.name {
	case rtpCaps:
		f.encoding = s.GetString("encoding-name")
	case Opus.Caps: // RTP has but one and two channels (RFC 7587)
		if family, ok := s.GetInt("channel-mapping-family"); ok && family != 0 {
			return f, errors.New("audio/x-opus of more than two channels can't be sent: give it as raw audio, or mixed down")
		}
	case "video/x-raw":
		width, _ := s.GetInt("width")
		height, _ := s.GetInt("height")
		f.size = size{int(width), int(height)}
	}
	return f, nil
}

// heightOf is that of a video's pictures; 0 where the caps don't say.
func heightOf(caps *gst.Caps) int {
	height, _ := caps.GetStructure(0).GetInt("height")
	return int(height)
}

func (f format) String() string {
	if f.encoding != "" {
		return fmt.Sprintf("%s with %s", f.name, f.encoding)
	}
	return f.name
}

// is says whether a stream is of a codec already.
func (f format) is(c Codec) bool {
	return f.name == c.Caps || f.name == rtpCaps && strings.EqualFold(f.encoding, c.Name)
}

// passing are the elements that a stream of the codec takes to its payloader. RTP of others is taken apart: their
// packets have other numbers, sizes and header extensions than ours must have.
func (f format) passing(c Codec) []string {
	var factories []string
	if f.name == rtpCaps {
		factories = append(factories, c.Depay)
	}
	switch {
	case c.Media == "audio":
		factories = append(factories, "opusparse") // keeps a file's headers out
	case c.Parse != "":
		factories = append(factories, c.Parse)
	}
	return factories
}
