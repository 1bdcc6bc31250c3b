package robot

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"gstjitsi/tests/media"
)

// Film is what a robot plays, again and again: VP8 and Opus, encoded once.
type Film struct {
	frames []frame // in the order of their times
	length time.Duration
}

type frame struct {
	at    time.Duration
	video bool
	data  []byte
}

// ReadFilm reads a Matroska file with a VP8 track that begins with a key frame, an Opus track, or both.
func ReadFilm(file string) (*Film, error) {
	m, err := media.ReadMatroska(file)
	if err != nil {
		return nil, err
	}
	film := &Film{}
	for _, track := range m.Tracks {
		video := track.Codec == "V_VP8"
		if !video && track.Codec != "A_OPUS" {
			return nil, fmt.Errorf("%s: a robot can't play %s", file, track.Codec)
		}
		if len(track.Frames) < 2 || video && !track.Frames[0].Key {
			return nil, fmt.Errorf("%s: the track %s does not begin with a key frame, or has none", file, track.Codec)
		}
		for _, f := range track.Frames {
			film.frames = append(film.frames, frame{f.Time, video, f.Data})
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
