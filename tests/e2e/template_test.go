package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
)

// perParticipant records each participant into a file of its own, without transcoding.
const perParticipant = `jitsisrc name=j {room} participant-template="matroskamux name=mux ! filesink buffer-mode=unbuffered location={nick}-{participant_id}.mkv
	opusparse name=audio ! mux.  identity name=video ! mux."`

// finished waits until a recorder says that an instance for a participant has completed its file.
func (p *participant) finished(of *participant) {
	p.room.t.Helper()
	if _, err := p.WaitMessage(p.room.ctx, 0, "jitsi-template-finished", "participant-id="+of.id, "complete=true"); err != nil {
		p.room.t.Fatal(err)
	}
}

// showsAtLast decodes a complete recording of picture and sound and checks its last picture.
func (r *room) showsAtLast(file, colour string) (sound media.Sound) {
	r.t.Helper()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		r.t.Fatal(err)
	}
	if !recording.Finalised {
		r.t.Errorf("%s has no length or index", file)
	}
	decoded, err := media.Decode(r.ctx, file)
	if err != nil {
		r.t.Fatal(err)
	}
	if pictures, sound := decoded.Length(); pictures < time.Second || sound < time.Second {
		r.t.Fatalf("%s: %v of pictures, %v of sound", file, pictures, sound)
	}
	if kind := decoded.Pictures[len(decoded.Pictures)-1].Kind(); kind != colour {
		r.t.Errorf("%s: the last picture is %s, want %s", file, kind, colour)
	}
	return decoded.Sound
}

// playsBoth decodes a complete recording and checks what is to be seen and heard in it.
func (r *room) playsBoth(file, colour string, hertz float64) {
	r.t.Helper()
	sound := r.showsAtLast(file, colour)
	right, pieces := 0, 0
	for half := sound[len(sound)/2:]; len(half) >= media.PieceOfSound; half = half[media.PieceOfSound:] {
		if pieces++; half[:media.PieceOfSound].Is(hertz) {
			right++
		}
	}
	if right < pieces/4 { // a busy machine loses some; what is another's is never right
		r.t.Errorf("%s: %d of %d pieces of sound are %v Hz", file, right, pieces, hertz)
	}
}

func TestEachParticipantIsRecordedIntoAFileOfItsOwn(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Pipeline: perParticipant, Flags: []string{"-e"}})
	red := room.join("red", sink("red", 440))
	blue := room.join("blue", sink("blue", 660))
	redFile, blueFile := filepath.Join(dir, "red-"+red.id+".mkv"), filepath.Join(dir, "blue-"+blue.id+".mkv")
	for _, file := range []string{redFile, blueFile} {
		recorder.recorded(file, "V_VP8", 2*time.Second)
		recorder.recorded(file, "A_OPUS", 2*time.Second)
	}
	red.leave()
	recorder.finished(red) // while blue goes on
	room.playsBoth(redFile, "red", 440)
	recorder.leave()
	room.playsBoth(blueFile, "blue", 660)
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("files: %v", files)
	}
}

// The template of gst-meet's README transcodes.
func TestTheTemplateOfGstMeetRecords(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc name=j {room} participant-template="webmmux name=muxer ! queue ! filesink buffer-mode=unbuffered location={participant_id}.webm
			opusenc name=audio ! muxer.audio_0
			vp9enc name=video ! muxer.video_0"`})
	red := room.join("red", sink("red", 440))
	file := filepath.Join(dir, red.id+".webm")
	recorder.recorded(file, "V_VP9", 2*time.Second)
	recorder.recorded(file, "A_OPUS", 2*time.Second)
	recorder.leave()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if video, err := recording.Track("V_VP9"); err != nil || video.Width != 320 || video.Height != 180 || !recording.Finalised {
		t.Errorf("finalised %v, video: %+v, %v", recording.Finalised, video, err)
	}
}

// Without -e the element has no more than the second that leaving may take.
func TestFilesAreCompleteWithoutEOSToo(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Pipeline: perParticipant})
	red := room.join("red", sink("red", 440))
	file := filepath.Join(dir, "red-"+red.id+".mkv")
	recorder.recorded(file, "V_VP8", 2*time.Second)
	recorder.leave()
	room.playsBoth(file, "red", 440)
}

func TestARecorderOfNobodyEndsAtOnce(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: t.TempDir(), Pipeline: perParticipant, Flags: []string{"-e"}})
	recorder.leave()
}

// The files of two who have the same nick, one of whom sends no video, and of one whose nick is an attack.
func TestParticipantsCanNotHarmEachOthersFiles(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc name=j {room} participant-template="matroskamux name=mux ! filesink buffer-mode=unbuffered location={nick}.mkv
			opusparse name=audio ! mux.  identity name=video ! mux."`})
	first := room.join("first", sink("red", 440))
	recorder.recorded(filepath.Join(dir, "red.mkv"), "V_VP8", time.Second)
	room.join("second", `audiotestsrc is-live=true freq=550 ! jitsisink {room} nick=red`)
	recorder.recorded(filepath.Join(dir, "red-2.mkv"), "A_OPUS", time.Second)
	room.join("third", `audiotestsrc is-live=true freq=660 ! jitsisink {room} nick='../../x ! filesink location=%s'`)
	recorder.recorded(filepath.Join(dir, "x_filesink_location_s.mkv"), "A_OPUS", time.Second)
	first.leave()
	recorder.finished(first)
	recorder.leave()
	room.playsBoth(filepath.Join(dir, "red.mkv"), "red", 440)
	for _, name := range []string{"red-2.mkv", "x_filesink_location_s.mkv"} {
		recording, err := media.ReadMatroska(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !recording.Finalised || len(recording.Tracks) != 1 {
			t.Errorf("%s: finalised %v, %d tracks", name, recording.Finalised, len(recording.Tracks))
		}
	}
	if files, _ := os.ReadDir(dir); len(files) != 3 {
		t.Errorf("files: %v", files)
	}
}

func TestAFailingInstanceIsAWarningAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "red"), 0o755); err != nil {
		t.Fatal(err)
	}
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc name=j {room} participant-template="matroskamux name=mux ! filesink buffer-mode=unbuffered location={nick}/x.mkv
			opusparse name=audio ! mux.  identity name=video ! mux."`})
	blue := room.join("blue", sink("blue", 660))
	if _, err := recorder.WaitMessage(room.ctx, 0, "jitsi-template-failed", "participant-id="+blue.id, "nick=blue", "location=blue/x.mkv"); err != nil {
		t.Error(err)
	}
	room.join("red", sink("red", 440))
	recorder.recorded(filepath.Join(dir, "red/x.mkv"), "V_VP8", 2*time.Second)
	recorder.leave()
	room.playsBoth(filepath.Join(dir, "red/x.mkv"), "red", 440)
}

// A sender who goes on in another codec, as web clients do, ends its file: no muxer takes that in the track it has begun. A new one
// begins, and the file of somebody else is none of it.
func TestAChangeOfCodecBeginsANewPart(t *testing.T) {
	t.Parallel()
	room, dir := newRoom(t), t.TempDir()
	recorder := room.joinWith(launch.Options{Name: "recorder", Dir: dir, Flags: []string{"-e"},
		Pipeline: `jitsisrc name=j {room} participant-template="matroskamux name=mux ! filesink buffer-mode=unbuffered location={nick}-{part}.mkv
			opusparse name=audio ! mux.  identity name=video ! mux."`})
	sender := room.plays("sender", room.film("vp8", "red", 440, smallSize))
	room.join("other", sink("green", 660))
	file := func(nick string, part int) string { return filepath.Join(dir, fmt.Sprintf("%s-%d.mkv", nick, part)) }
	recorder.recorded(file("sender", 1), "V_VP8", 2*time.Second)
	recorder.recorded(file("green", 1), "V_VP8", 2*time.Second)
	for part, next := range []struct{ codec, colour string }{{"h264", "blue"}, {"vp9", "green"}} {
		part += 2
		sender.Play(room.film(next.codec, next.colour, 440, smallSize))
		if _, err := recorder.WaitMessage(room.ctx, 0, "jitsi-template-finished", "participant-id="+sender.ID(), fmt.Sprint("part=", part-1), "complete=true"); err != nil {
			t.Fatal(err)
		}
		recorder.recorded(file("sender", part), matroskaNames[next.codec], 2*time.Second)
		recorder.recorded(file("sender", part), "A_OPUS", 2*time.Second)
	}
	recorder.leave()
	for part, colour := range []string{"red", "blue", "green"} {
		room.showsAtLast(file("sender", part+1), colour)
	}
	room.showsAtLast(file("green", 1), "green")
	if files, _ := os.ReadDir(dir); len(files) != 4 {
		t.Errorf("files: %v", files)
	}
}

// The application's own muxer keeps what it has begun with: the pad says what it refuses, and the file goes on in black, with the sound.
func TestAMuxerThatRefusesAnotherCodecGoesOn(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	recorder, file := room.record(t.TempDir())
	sender := room.plays("sender", room.film("vp8", "red", 440, smallSize))
	recorder.recorded(file, "V_VP8", 2*time.Second)
	sender.Play(room.film("h264", "blue", 440, smallSize))
	refused := regexp.MustCompile("pad video_0: its peer does not take " + sender.ID() + "-v0 .h264.* of participant " + sender.ID())
	if _, err := recorder.WaitLine(room.ctx, 0, refused); err != nil {
		t.Fatal(err)
	}
	track := trackOf(t, file, "V_VP8")
	recorder.recorded(file, "V_VP8", track.Span()+4*time.Second)
	recorder.recorded(file, "A_OPUS", track.Span()+4*time.Second)
	decoded := checkRecording(recorder, file, 3*time.Second)
	endsWith(t, decoded, "black")
	if !slices.ContainsFunc(decoded.Pictures, func(p media.Picture) bool { return p.Kind() == "red" }) {
		t.Error("there are no pictures of the codec that came first")
	}
}

func TestATypoInATemplateIsAnErrorBeforeAnythingConnects(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.start("typo", `jitsisrc {room} participant-template="opusprase name=audio ! fakesink"`).failsNaming("participant-template", "opusprase", "character 1")
	room.start("typo", `jitsibin {room} recv-pipeline="audiomixer name=audio ! fakesink !"`).failsNaming("recv-pipeline")
	room.start("typo", `audiotestsrc ! jitsisink {room} recv-pipeline="audiomixer name=audio ! fakesink"`).failsNaming("recv-pipeline", "jitsisink")
}
