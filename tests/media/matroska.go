package media

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"
)

// Matroska is what a file holds, read from its bytes, so without any decoder's opinion.
type Matroska struct {
	Tracks []*Track
	// Finalised files have their size, length and index: the muxer saw the end and went back to fill them in.
	Finalised bool
	Length    time.Duration // as the header says; 0 if it doesn't
}

// Track is one stream of a file.
type Track struct {
	Number        uint64
	Codec         string // "V_VP8", "A_OPUS"
	Width, Height int
	Frames        []Frame
}

// Frame is one block.
type Frame struct {
	Time time.Duration
	Data []byte // encoded
	Key  bool
}

// Element ids of https://www.rfc-editor.org/rfc/rfc9559; those without a name here are skipped.
const (
	idEBML            = 0x1A45DFA3
	idSegment         = 0x18538067
	idInfo            = 0x1549A966
	idTimestampScale  = 0x2AD7B1
	idDuration        = 0x4489
	idTracks          = 0x1654AE6B
	idTrackEntry      = 0xAE
	idTrackNumber     = 0xD7
	idCodecID         = 0x86
	idVideo           = 0xE0
	idPixelWidth      = 0xB0
	idPixelHeight     = 0xBA
	idCues            = 0x1C53BB6B
	idCluster         = 0x1F43B675
	idTimestamp       = 0xE7
	idSimpleBlock     = 0xA3
	idBlockGroup      = 0xA0
	idBlock           = 0xA1
	idReferenceBlock  = 0xFB
	unknownSize       = math.MaxUint64
	defaultTimestamps = 1e6 // ns: a millisecond
)

// ReadMatroska reads a file, also one that nobody finalised or that is still being written.
func ReadMatroska(file string) (*Matroska, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r := &matroskaReader{scale: defaultTimestamps}
	if id, _, _, ok := elementHead(data); !ok || id != idEBML {
		return nil, fmt.Errorf("%s: not a Matroska file: %d bytes, no EBML header", file, len(data))
	}
	r.elements(data)
	r.file.Finalised = r.sized && r.indexed && r.duration > 0
	r.file.Length = time.Duration(r.duration * float64(r.scale))
	return &r.file, nil
}

// WaitMatroska reads a file that is being written until it is as wanted.
func WaitMatroska(ctx context.Context, file string, wanted func(*Matroska) bool) (*Matroska, error) {
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		matroska, err := ReadMatroska(file)
		if err == nil && wanted(matroska) {
			return matroska, nil
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return matroska, fmt.Errorf("wait for a recording: %w; its state: %v", context.Cause(ctx), cmp.Or(err, matroska.describe()))
		}
	}
}

// Track returns the first track of a codec, or an error that tells what there is.
func (m *Matroska) Track(codec string) (*Track, error) {
	err := errors.New("the file has no tracks")
	for _, track := range m.Tracks {
		if track.Codec == codec {
			return track, nil
		}
		err = fmt.Errorf("no track of %s but one of %s; %w", codec, track.Codec, err)
	}
	return nil, err
}

// describe is an error, though it tells how good a file is, so that it can take one's place in a report.
func (m *Matroska) describe() error {
	if m == nil {
		return errors.New("no file")
	}
	text := fmt.Sprintf("finalised %v, %v long", m.Finalised, m.Length)
	for _, track := range m.Tracks {
		text += fmt.Sprintf(", %d frames of %s in %v", len(track.Frames), track.Codec, track.Span())
	}
	return errors.New(text)
}

// Span is the time from the first frame to the last.
func (t *Track) Span() time.Duration {
	if len(t.Frames) == 0 {
		return 0
	}
	return t.Frames[len(t.Frames)-1].Time - t.Frames[0].Time
}

// Gaps lists, for reports, where the next frame came later than so much after one.
func (t *Track) Gaps(longer time.Duration) string {
	var found []string
	for i, frame := range t.Frames {
		if i > 0 && frame.Time-t.Frames[i-1].Time > longer {
			found = append(found, fmt.Sprintf("%v-%v", t.Frames[i-1].Time, frame.Time))
		}
	}
	return strings.Join(found, ", ")
}

type matroskaReader struct {
	file           Matroska
	scale          uint64 // ns of a timestamp's unit
	duration       float64
	cluster        uint64
	sized, indexed bool
	track          *Track
}

// elementHead reads an element's id and size; head is how many bytes they took.
func elementHead(data []byte) (id, size uint64, head int, ok bool) {
	id, idLength, ok := vint(data, false)
	if !ok {
		return
	}
	size, sizeLength, ok := vint(data[idLength:], true)
	if ok && size == 1<<(7*sizeLength)-1 {
		size = unknownSize
	}
	return id, size, idLength + sizeLength, ok
}

// vint reads EBML's number of variable length; ids keep the bit that marks the length.
func vint(data []byte, mask bool) (value uint64, length int, ok bool) {
	if len(data) == 0 || data[0] == 0 {
		return 0, 0, false
	}
	length = 1
	for bit := byte(0x80); data[0]&bit == 0; bit >>= 1 {
		length++
	}
	if len(data) < length {
		return 0, 0, false
	}
	for _, b := range data[:length] {
		value = value<<8 | uint64(b)
	}
	if mask {
		value &^= 1 << (7 * length)
	}
	return value, length, true
}

func unsigned(data []byte) (value uint64) {
	for _, b := range data {
		value = value<<8 | uint64(b)
	}
	return value
}

// elements walks through a level. Segments and clusters of unknown size run into what follows, so they are
// entered without an end of their own.
func (r *matroskaReader) elements(data []byte) {
	for len(data) > 0 {
		id, size, head, ok := elementHead(data)
		if !ok {
			return
		}
		data = data[head:]
		whole := size <= uint64(len(data))
		body := data
		if whole {
			body = data[:size]
		}
		switch id {
		case idSegment:
			r.sized = size != unknownSize && whole
			continue
		case idCluster, idBlockGroup:
			continue // its children come next at this level
		}
		if !whole {
			return // cut off in the middle
		}
		r.element(id, body)
		data = data[size:]
	}
}

func (r *matroskaReader) element(id uint64, body []byte) {
	switch id {
	case idInfo, idTracks, idVideo:
		r.elements(body)
	case idTimestampScale:
		r.scale = unsigned(body)
	case idDuration:
		if len(body) == 8 {
			r.duration = math.Float64frombits(binary.BigEndian.Uint64(body))
		} else if len(body) == 4 {
			r.duration = float64(math.Float32frombits(binary.BigEndian.Uint32(body)))
		}
	case idTrackEntry:
		r.track = &Track{}
		r.file.Tracks = append(r.file.Tracks, r.track)
		r.elements(body)
	case idTrackNumber:
		r.track.Number = unsigned(body)
	case idCodecID:
		r.track.Codec = strings.TrimRight(string(body), "\x00") // GStreamer pads it
	case idPixelWidth:
		r.track.Width = int(unsigned(body))
	case idPixelHeight:
		r.track.Height = int(unsigned(body))
	case idCues:
		r.indexed = true
	case idTimestamp:
		r.cluster = unsigned(body)
	case idSimpleBlock:
		r.block(body, len(body) > 3 && body[3]&0x80 != 0)
	case idBlock:
		r.block(body, true)
	case idReferenceBlock:
		r.track.Frames[len(r.track.Frames)-1].Key = false
	}
}

// block notes one frame; blocks with several frames in them are nothing that matroskamux makes.
func (r *matroskaReader) block(body []byte, key bool) {
	number, length, ok := vint(body, true)
	if !ok || len(body) < length+3 {
		return
	}
	for _, track := range r.file.Tracks {
		if track.Number == number {
			at := int64(r.cluster) + int64(int16(binary.BigEndian.Uint16(body[length:])))
			track.Frames = append(track.Frames, Frame{time.Duration(at * int64(r.scale)), body[length+3:], key})
			r.track = track
		}
	}
}
