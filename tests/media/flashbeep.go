package media

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"time"
)

// FlashSource and BeepSource are pipelines that play what WriteFlashBeep wrote, in real time as a camera and
// a microphone deliver, from a process whose folder is the one it was written to.
const (
	FlashSource = `filesrc location=flash.i420 blocksize=86400 ! rawvideoparse format=i420 width=320 height=180 framerate=25/1 ! clocksync`
	BeepSource  = `filesrc location=beep.s16 blocksize=1920 ! rawaudioparse format=pcm pcm-format=s16le sample-rate=48000 num-channels=1 ! clocksync`
)

// WriteFlashBeep writes a dark film that is bright for 200 ms every two seconds, from 1 s on, and a silence with
// a beep at each of these times, the given bit later.
func WriteFlashBeep(dir string, length, late time.Duration) error {
	const perSecond, every, lasts = 25, 2 * time.Second, 200 * time.Millisecond
	on := func(at time.Duration) bool {
		since := at - time.Second
		return since >= 0 && since%every < lasts
	}
	frame := func(luma byte) []byte {
		const pixels = 320 * 180
		data := make([]byte, pixels*3/2)
		for i := range data {
			data[i] = 128
			if i < pixels {
				data[i] = luma
			}
		}
		return data
	}
	dark, bright := frame(16), frame(235)
	var video []byte
	for at := time.Duration(0); at < length; at += time.Second / perSecond {
		if on(at) {
			video = append(video, bright...)
		} else {
			video = append(video, dark...)
		}
	}
	audio := make([]byte, 0, 2*Rate*int(length.Seconds()))
	for i := range int(length.Seconds() * Rate) {
		sample := 0.
		if on(time.Duration(i)*time.Second/Rate - late) {
			sample = 0.5 * math.MaxInt16 * math.Sin(2*math.Pi*1000*float64(i)/Rate)
		}
		audio = binary.LittleEndian.AppendUint16(audio, uint16(int16(sample)))
	}
	if err := os.WriteFile(filepath.Join(dir, "flash.i420"), video, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "beep.s16"), audio, 0o644)
}
