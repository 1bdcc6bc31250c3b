package robot

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"gstjitsi/tests/media"
)

// Film is what a robot plays, again and again: a video codec and Opus, encoded once.
type Film struct {
	codec  string  // of the video, lower-case encoding name; empty without
	frames []frame // in the order of their times
	length time.Duration
}

type frame struct {
	at    time.Duration
	video bool
	data  []byte
}

// videoCodecs are the encoding names of RTP by Matroska's.
var videoCodecs = map[string]string{"V_VP8": "vp8", "V_VP9": "vp9", "V_MPEG4/ISO/AVC": "h264", "V_AV1": "av1"}

// ReadFilm reads a Matroska file with a video track that begins with a key frame, an Opus track, or both. H.264 must have
// its parameter sets in the stream (avc3).
func ReadFilm(file string) (*Film, error) {
	m, err := media.ReadMatroska(file)
	if err != nil {
		return nil, err
	}
	film := &Film{}
	for _, track := range m.Tracks {
		codec, video := videoCodecs[track.Codec]
		if !video && track.Codec != "A_OPUS" {
			return nil, fmt.Errorf("%s: a robot can't play %s", file, track.Codec)
		}
		if len(track.Frames) < 2 || video && !track.Frames[0].Key {
			return nil, fmt.Errorf("%s: the track %s does not begin with a key frame, or has none", file, track.Codec)
		}
		if video {
			film.codec = codec
		}
		for _, f := range track.Frames {
			data := f.Data
			if codec == "h264" {
				if data, err = annexB(data); err != nil {
					return nil, fmt.Errorf("%s: %w", file, err)
				}
			}
			film.frames = append(film.frames, frame{f.Time, video, data})
		}
		// The last frame lasts as long as the others do.
		span := track.Span()
		span += span / time.Duration(len(track.Frames)-1)
		film.length = max(film.length, span)
	}
	if len(film.frames) == 0 {
		return nil, errors.New(file + " has no tracks")
	}
	slices.SortStableFunc(film.frames, func(a, b frame) int { return cmp.Compare(a.at, b.at) })
	return film, nil
}

// has says whether there are pictures, or sound, in it.
func (f *Film) has(video bool) bool {
	return slices.ContainsFunc(f.frames, func(f frame) bool { return f.video == video })
}

// annexB puts start codes in the place of lengths (ISO/IEC 14496-10, annex B).
func annexB(units []byte) ([]byte, error) {
	var out []byte
	for len(units) > 0 {
		if len(units) < 4 || uint64(len(units)-4) < uint64(binary.BigEndian.Uint32(units)) {
			return nil, errors.New("the H.264 is cut off, or has no lengths of four bytes")
		}
		end := 4 + int(binary.BigEndian.Uint32(units))
		out = append(out, 0, 0, 0, 1)
		out = append(out, units[4:end]...)
		units = units[end:]
	}
	return out, nil
}
