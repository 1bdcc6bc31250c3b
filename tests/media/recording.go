package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gstjitsi/tests/launch"
)

// Decoded is a recording as a player would show it: pictures and sound on one timeline from zero on.
type Decoded struct {
	PerSecond int       // pictures in a second; those missing are filled up with the one before
	Pictures  []Picture // small, see decodedWidth
	Sound     Sound
}

const (
	decodedWidth, decodedHeight = 64, 36
	decodedPerSecond            = 100 // so that a flash is timed to 10 ms
)

// Decode plays a Matroska file of video and Opus. GStreamer does the timing as a player does: videorate and
// audiorate repeat pictures and insert silence where the recording's timestamps have gaps, of sound from 40 ms on.
func Decode(ctx context.Context, file string) (Decoded, error) {
	return decode(ctx, file, "audiorate")
}

// DecodeExactly inserts silence for each packet of Opus that is missing: without it, all that follows is heard 20 ms early. Shorter gaps are
// no more than how times are rounded.
func DecodeExactly(ctx context.Context, file string) (Decoded, error) {
	return decode(ctx, file, "audiorate tolerance=5000000")
}

func decode(ctx context.Context, file, audiorate string) (Decoded, error) {
	dir, err := os.MkdirTemp("", "decode")
	if err != nil {
		return Decoded{}, err
	}
	defer os.RemoveAll(dir)
	demuxer := "matroskademux"
	if filepath.Ext(file) == ".mp4" {
		demuxer = "qtdemux"
	}
	text := fmt.Sprintf(`filesrc location="%s" ! %s name=d
		d.video_0 ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! decodebin ! videoconvert ! videoscale
			! videorate ! video/x-raw,format=RGB,width=%d,height=%d,framerate=%d/1 ! filesink location=video
		d.audio_0 ! queue max-size-time=0 max-size-bytes=0 max-size-buffers=0 ! opusdec ! audioconvert ! audioresample
			! %s ! audio/x-raw,format=S16LE,rate=%d,channels=1 ! filesink location=audio`,
		file, demuxer, decodedWidth, decodedHeight, decodedPerSecond, audiorate, Rate)
	if err := run(ctx, dir, "decode "+filepath.Base(file), text); err != nil {
		return Decoded{}, err
	}
	video, err := os.ReadFile(filepath.Join(dir, "video"))
	if err != nil {
		return Decoded{}, err
	}
	audio, err := os.ReadFile(filepath.Join(dir, "audio"))
	if err != nil {
		return Decoded{}, err
	}
	decoded := Decoded{PerSecond: decodedPerSecond, Sound: soundOf(audio)}
	const size = 3 * decodedWidth * decodedHeight
	for ; len(video) >= size; video = video[size:] {
		decoded.Pictures = append(decoded.Pictures, Picture{decodedWidth, decodedHeight, video[:size]})
	}
	return decoded, nil
}

// WriteStill writes one of a recording's pictures, in full size, to a PNG file: the last of one every three
// seconds, since encoding them all takes longer than the recording.
func WriteStill(ctx context.Context, file, still string) error {
	return run(ctx, "", "take a still of "+filepath.Base(file), fmt.Sprintf(`filesrc location="%s" ! matroskademux ! vp8dec
		! videorate ! video/x-raw,framerate=1/3 ! videoconvert ! pngenc ! multifilesink location="%s"`, file, still))
}

// run runs a pipeline to its end and fails with what it said if that was an error.
func run(ctx context.Context, dir, name, pipeline string) error {
	process, err := launch.Start(launch.Options{Name: name, Dir: dir, Pipeline: strings.Join(strings.Fields(pipeline), " ")})
	if err != nil {
		return err
	}
	defer process.Kill()
	code, err := process.Wait(ctx)
	if err == nil && code != 0 {
		err = errors.New(strings.Join(process.Errors(), "\n"))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Length is how long pictures and sound are.
func (d Decoded) Length() (pictures, sound time.Duration) {
	return time.Duration(len(d.Pictures)) * time.Second / time.Duration(d.PerSecond),
		time.Duration(len(d.Sound)) * time.Second / Rate
}

// Flashes are the times at which the picture turned from dark to bright.
func (d Decoded) Flashes() []time.Duration {
	var found []time.Duration
	bright := true // a recording may begin within a flash: that one's start is not known
	for i, picture := range d.Pictures {
		c := picture.Around(0.5, 0.5)
		now := c.Red+c.Green+c.Blue > 3*128
		if now && !bright {
			found = append(found, time.Duration(i)*time.Second/time.Duration(d.PerSecond))
		}
		bright = now
	}
	return found
}

// Beeps are the times at which the sound turned from silence to loud.
func (d Decoded) Beeps() []time.Duration {
	const window = Rate / 500 // 2 ms
	var found []time.Duration
	loud, quietFor := true, 0
	for at := 0; at+window <= len(d.Sound); at += window {
		now := d.Sound[at:at+window].Level() > 0.05
		if now && !loud && quietFor > 50 { // 100 ms of quiet: a beep's own zero crossings don't count
			found = append(found, time.Duration(at)*time.Second/Rate)
		}
		if now {
			quietFor = 0
		} else {
			quietFor++
		}
		loud = now
	}
	return found
}

// atEdge is how far from the first or last beep a flash can be and still be meant to have one: a recording does not
// begin, or end, with both at the same moment.
const atEdge = 500 * time.Millisecond

// Skews pairs each flash between the first and the last beep with the nearest: positive where the sound comes after
// the picture.
func Skews(flashes, beeps []time.Duration) []time.Duration {
	var skews []time.Duration
	if len(beeps) == 0 {
		return nil
	}
	for _, flash := range flashes {
		if flash < beeps[0]-atEdge || flash > beeps[len(beeps)-1]+atEdge {
			continue
		}
		nearest, found := time.Duration(0), false
		for _, beep := range beeps {
			if skew := beep - flash; !found || skew.Abs() < nearest.Abs() {
				nearest, found = skew, true
			}
		}
		if found {
			skews = append(skews, nearest)
		}
	}
	return skews
}
