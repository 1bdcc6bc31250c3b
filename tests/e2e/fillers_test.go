package e2e

import (
	"testing"
	"time"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/media"
)

func TestPadsGiveBlackAndSilenceWhileNobodyFillsThem(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "black")
	if _, err := receiver.sound[0].WaitRow(room.ctx, "silence", 5, media.Sound.Silent); err != nil {
		t.Fatal(err)
	}
	sender := room.join("sender", sink("red", 440))
	receiver.shows(0, "red")
	receiver.sounds(0, 440)
	sender.leave()
	receiver.shows(0, "black")
}

// One pad of each is filled, the other one never is.
func TestMixersRunWhileAPadIsEmpty(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("sender", sink("red", 440))
	receiver := room.join("receiver", `jitsisrc name=j {room}
		compositor name=c sink_1::xpos=160 sink_0::width=160 sink_1::width=160 ! {pictures}  audiomixer name=m ! {sound}
		j.video_0 ! c.sink_0  j.video_1 ! c.sink_1  j.audio_0 ! m.  j.audio_1 ! m.`)
	if _, err := receiver.pictures[0].WaitRow(room.ctx, "red beside black", 3, func(p media.Picture) bool {
		return p.Around(0.25, 0.5).Name() == "red" && p.Around(0.75, 0.5).Name() == "black"
	}); err != nil {
		t.Fatal(err)
	}
	receiver.sounds(0, 440)
}

func TestAFrozenPictureStaysAndComesBack(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", `videotestsrc is-live=true pattern=ball background-color=0xffff0000 ! {small} ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=440 ! j.`)
	receiver := room.join("receiver", receiver, "-v")
	if err := media.WaitMotion(room.ctx, receiver.pictures[0]); err != nil {
		t.Fatal(err)
	}
	sender.Pause()
	receiver.notified("video_0", "active", "false")
	var still media.Picture
	if _, err := receiver.pictures[0].WaitRow(room.ctx, "the same picture", 5, func(p media.Picture) bool {
		same := still.RGB != nil && media.Difference(still, p) < 0.01 && p.Kind() != "black"
		still = p
		return same
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := receiver.sound[0].WaitRow(room.ctx, "silence", 5, media.Sound.Silent); err != nil {
		t.Fatal(err)
	}
	sender.Resume()
	if err := media.WaitMotion(room.ctx, receiver.pictures[0]); err != nil {
		t.Fatal(err)
	}
	receiver.sounds(0, 440)
}

// checkRecording finalises a recording and sees whether it plays, with both tracks of about that length at least.
func checkRecording(recorder *participant, file string, least time.Duration) media.Decoded {
	t, room := recorder.room.t, recorder.room
	t.Helper()
	recorder.leave()
	recording, err := media.ReadMatroska(file)
	if err != nil {
		t.Fatal(err)
	}
	if !recording.Finalised {
		t.Error("the file has no length or index")
	}
	decoded, err := media.Decode(room.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	if pictures, sound := decoded.Length(); pictures < least || sound < least {
		t.Errorf("%v of pictures, %v of sound", pictures, sound)
	}
	return decoded
}

// endsWith checks the last picture of a recording.
func endsWith(t *testing.T, decoded media.Decoded, wanted string) {
	t.Helper()
	if kind := decoded.Pictures[len(decoded.Pictures)-1].Kind(); kind != wanted {
		t.Errorf("the last picture is %s, want %s", kind, wanted)
	}
}

func TestSomebodyWithoutACameraIsRecorded(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("voice", `audiotestsrc is-live=true freq=440 ! jitsisink {room}`)
	recorder, file := room.record(t.TempDir())
	recorder.recorded(file, "A_OPUS", 4*time.Second)
	decoded := checkRecording(recorder, file, 3*time.Second)
	endsWith(t, decoded, "black")
	if half := decoded.Sound[len(decoded.Sound)/2:]; !half.Is(440) {
		t.Errorf("the second half sounds like %s", half.Kind())
	}
	if n := recorder.Creations("vp8dec"); n > 0 {
		t.Errorf("the recorder has made %d decoders", n)
	}
}

// The picture of the camera is larger than the one that stands in for it: the file has both sizes in one track.
func TestACameraThatEndsAndAnotherThatBeginsAreOneRecording(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	recorder, file := room.record(t.TempDir())
	first := room.join("first", `videotestsrc is-live=true num-buffers=60 pattern=red ! video/x-raw,width=640,height=360,framerate=15/1 ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=440 ! j.`)
	recorder.recorded(file, "A_OPUS", 9*time.Second)
	room.waitFor(1, events.SourceRemoved, first.id)
	recorder.recorded(file, "V_VP8", 9*time.Second) // the camera gave 4 of them
	first.leave()
	second := room.join("second", sink("green", 550))
	room.waitFor(2, events.MediaReceived, second.id)
	recorder.recorded(file, "V_VP8", 16*time.Second)
	decoded := checkRecording(recorder, file, 14*time.Second)
	var kinds []string
	for _, p := range decoded.Pictures {
		if kind := p.Kind(); len(kinds) == 0 || kinds[len(kinds)-1] != kind {
			kinds = append(kinds, kind)
		}
	}
	if len(kinds) < 3 || kinds[len(kinds)-1] != "green" || kinds[len(kinds)-2] != "black" || kinds[len(kinds)-3] != "red" {
		t.Errorf("the pictures are %q", kinds)
	}
}

// A black picture would come with other parameter sets: the last key frame is repeated, so that the muxer goes on.
func TestARecordingOfH264GoesOnWhenItsSenderHasLeft(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.plays("sender", room.film("h264", "red", 440, smallSize))
	recorder, file := room.record(t.TempDir())
	recorder.recorded(file, matroskaNames["h264"], 2*time.Second)
	sender.Leave()
	recorder.grows(file, matroskaNames["h264"], 4*time.Second)
	decoded := checkRecording(recorder, file, 3*time.Second)
	endsWith(t, decoded, "red")
}

func TestARecordingOfH264GoesOnWhileTheCameraIsMuted(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	moderator := room.watcher("moderator")
	sender := room.join("sender", `videotestsrc is-live=true pattern=red ! {small} ! openh264enc complexity=low gop-size=30 ! h264parse ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=440 ! j.`)
	recorder, file := room.record(t.TempDir())
	codec := matroskaNames["h264"]
	recorder.recorded(file, codec, 2*time.Second)
	moderator.Mute(sender.id, jingle.Video)
	if _, err := recorder.WaitMessage(room.ctx, 0, "jitsi-source-muted", "participant-id="+sender.id, "muted=true"); err != nil {
		t.Fatal(err)
	}
	recorder.grows(file, codec, 4*time.Second)
	decoded := checkRecording(recorder, file, 5*time.Second)
	endsWith(t, decoded, "red")
}
