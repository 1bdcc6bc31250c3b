package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

const largeSize = "width=640,height=360"

// Each camera, and each of its sizes, comes with parameter sets of its own, and so does the black picture of somebody without one. The
// muxer keeps the first in its header; all are in the stream.
func TestH264IsOneRecordingWhateverCameraItIsOf(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	voice := room.join("voice", `audiotestsrc is-live=true freq=440 ! jitsisink {room}`)
	recorder, file := room.recordThrough(t.TempDir(), "", "video/x-h264 ! queue")
	codec := matroskaNames["h264"]
	recorder.recorded(file, codec, 3*time.Second)
	voice.leave()
	sender := room.plays("sender", room.film("h264", "red", 440, smallSize))
	recorder.grows(file, codec, 3*time.Second)
	sender.Play(room.film("h264", "blue", 440, largeSize))
	recorder.grows(file, codec, 3*time.Second)
	decoded := checkRecording(recorder, file, 6*time.Second)
	showsInOrder(t, decoded.Pictures, "black", "red", "blue")
}

// mp4mux describes each of them in the file, with a parser in front of it or without, and players without patience for parameter sets in the stream are
// content.
func TestH264IsOneFileOfMP4WhateverCameraItIsOf(t *testing.T) {
	t.Parallel()
	for name, toMuxer := range map[string]string{"parsed": "queue ! h264parse", "as it comes": "video/x-h264 ! queue"} {
		t.Run(name, func(t *testing.T) {
			room, dir := newRoom(t), t.TempDir()
			voice := room.join("voice", `audiotestsrc is-live=true freq=440 ! jitsisink {room}`)
			recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e", "-v"}, Pipeline: fmt.Sprintf(`mp4mux name=mux ! filesink location=recording.mp4
				jitsisrc name=j {room}  j.video_0 ! %s ! progressreport update-freq=1 do-query=false format=time ! mux.  j.audio_%s ! queue ! mux.`, toMuxer, voice.id)})
			recorder.progresses(3)
			sender := room.plays("sender", room.film("h264", "red", 440, smallSize))
			recorder.notified("video_0", "participant-id", sender.ID())
			recorder.progresses(3)
			sender.Play(room.film("h264", "blue", 440, largeSize))
			recorder.progresses(3)
			recorder.leave()
			decoded, err := media.Decode(room.ctx, filepath.Join(dir, "recording.mp4"))
			if err != nil {
				t.Fatal(err)
			}
			showsInOrder(t, decoded.Pictures, "black", "red", "blue")
		})
	}
}

// showsInOrder checks that pictures of all kinds are there, and begin in that order.
func showsInOrder(t *testing.T, pictures []media.Picture, wanted ...string) {
	t.Helper()
	var kinds []string
	for _, p := range pictures {
		if kind := p.Kind(); slices.Contains(wanted, kind) && !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	if !slices.Equal(kinds, wanted) {
		t.Errorf("the pictures are %q", kinds)
	}
}

// A parser in front of the muxer would tell it of the other parameter sets, and the muxer would end the pipeline.
func TestH264OfAnotherSizeIsKeptFromAMuxerBehindAParser(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.plays("sender", room.film("h264", "red", 440, smallSize))
	recorder, file := room.recordThrough(t.TempDir(), "", "queue ! h264parse")
	codec := matroskaNames["h264"]
	recorder.recorded(file, codec, 2*time.Second)
	sender.Play(room.film("h264", "blue", 440, largeSize))
	refused := regexp.MustCompile("pad video_0: its peer does not take " + sender.ID() + "-v0 .h264.* of participant " + sender.ID())
	if _, err := recorder.WaitLine(room.ctx, 0, refused); err != nil {
		t.Fatal(err)
	}
	track := trackOf(t, file, codec)
	recorder.recorded(file, codec, track.Span()+4*time.Second)
	recorder.recorded(file, "A_OPUS", track.Span()+4*time.Second)
	decoded := checkRecording(recorder, file, 4*time.Second)
	endsWith(t, decoded, "red")
}

// A black picture's parameter sets would be the recording's, and no camera could come any more.
func TestAMuxerBehindAParserWaitsForACamera(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	voice := room.join("voice", `audiotestsrc is-live=true freq=440 ! jitsisink {room}`)
	recorder, file := room.recordThrough(t.TempDir(), "", "queue ! h264parse")
	if _, err := recorder.WaitLine(room.ctx, 0, regexp.MustCompile("pad video_0 gives nothing while nobody fills it.*without a parser")); err != nil {
		t.Fatal(err)
	}
	voice.leave()
	room.plays("sender", room.film("h264", "red", 440, smallSize))
	recorder.recorded(file, matroskaNames["h264"], 2*time.Second)
	recorder.leave()
	room.showsAtLast(file, "red")
}

// A shared screen, AV1 in browsers, that is resized: the parameter sets are in no caps.
func TestAV1OfAnotherSizeGoesOnInOneRecording(t *testing.T) {
	t.Parallel()
	env := withAV1(t)
	room := newRoom(t)
	sender := room.plays("sender", room.film("av1", "red", 440, smallSize))
	recorder, file := room.recordThrough(t.TempDir(), "", "queue", env...)
	codec := matroskaNames["av1"]
	recorder.recorded(file, codec, 2*time.Second)
	sender.Play(room.film("av1", "blue", 440, largeSize))
	recorder.grows(file, codec, 4*time.Second)
	recorder.leave()
	room.showsAtLast(file, "blue")
}
