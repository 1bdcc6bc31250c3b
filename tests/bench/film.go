package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"gstjitsi/tests/launch"
)

// The film that robots play: a picture that moves, with its number written into it in black and white.
const (
	filmWidth, filmHeight = 640, 360
	filmRate              = 30
	filmFrames            = 300
	filmBitrate           = 600_000
	filmLength            = filmFrames * time.Second / filmRate
	keyFrameEvery         = 2 * filmRate
	digits                = 10 // binary, of a frame's number
)

// makeFilm encodes it, once for all robots.
func makeFilm(ctx context.Context, file string) error {
	reading, writing, err := os.Pipe()
	if err != nil {
		return err
	}
	defer reading.Close()
	p, err := launch.Start(launch.Options{Name: "the film's encoder", Files: []*os.File{reading}, Pipeline: fmt.Sprintf(
		"fdsrc fd=3 blocksize=%d ! rawvideoparse format=i420 width=%d height=%d framerate=%d/1 ! vp8enc deadline=1 cpu-used=4 "+
			"end-usage=cbr target-bitrate=%d keyframe-max-dist=%d lag-in-frames=0 error-resilient=default ! mux. "+
			"audiotestsrc freq=440 samplesperbuffer=960 num-buffers=%d ! audio/x-raw,rate=48000,channels=1 ! opusenc ! mux. "+
			"matroskamux name=mux ! filesink location=%s",
		filmWidth*filmHeight*3/2, filmWidth, filmHeight, filmRate, filmBitrate, keyFrameEvery, filmFrames*50/filmRate, file)})
	if err != nil {
		writing.Close()
		return err
	}
	defer p.Kill()
	for number := range filmFrames {
		if _, err := writing.Write(filmPicture(number)); err != nil {
			break // the encoder has ended, and says why
		}
	}
	writing.Close()
	if code, err := p.Wait(ctx); err != nil || code != 0 {
		return fmt.Errorf("encode the film: code %d, %v\n%s", code, err, p.Output())
	}
	return nil
}

// filmPicture draws a picture in I420.
func filmPicture(number int) []byte {
	data := make([]byte, filmWidth*filmHeight*3/2)
	for y := range filmHeight {
		for x := range filmWidth {
			data[y*filmWidth+x] = filmLuma(number, x, y)
		}
	}
	for i := filmWidth * filmHeight; i < len(data); i++ {
		data[i] = 128
	}
	return data
}

func filmLuma(number, x, y int) byte {
	if y < filmHeight/3 {
		if digit := x * digits / filmWidth; number>>digit&1 == 1 {
			return 235
		}
		return 16
	}
	wave := math.Sin(float64(x+4*number)/23) + math.Sin(float64(y-3*number)/17)
	return byte(128 + 50*wave)
}

// The small picture in which a receiver looks for the number.
const (
	smallWidth, smallHeight = 80, 45
	smallSize               = smallWidth * smallHeight
)

// readNumber finds the number in a small picture, one byte a pixel.
func readNumber(picture []byte) int {
	number := 0
	for digit := range digits {
		x := (2*digit + 1) * smallWidth / (2 * digits)
		if picture[smallHeight/6*smallWidth+x] > 128 {
			number |= 1 << digit
		}
	}
	return number
}
