package e2e

import (
	"fmt"
	"slices"
	"testing"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/media"
)

// talker is a sender who is heard that loud, 0 to 1.
func talker(colour string, hertz int, volume float64) string {
	return fmt.Sprintf(`videotestsrc is-live=true pattern=%s ! {small} ! jitsisink name=j {room} nick=%[1]s
		audiotestsrc is-live=true freq=%d volume=%f ! j.`, colour, hertz, volume)
}

// sharer sends a camera and a screen.
func sharer(camera, screen string) string {
	return fmt.Sprintf(`videotestsrc is-live=true pattern=%s ! {small} ! j.video_0
		videotestsrc is-live=true pattern=%s ! {small} ! j.video_1  jitsisink name=j {room}`, camera, screen)
}

// changes begins to watch for a change of a participant's first pictures from one kind to another. The wait fails if
// any other kind comes in between.
func (p *participant) changes(before, after string) (wait func()) {
	p.room.t.Helper()
	var odd []string
	changed := make(chan error, 1)
	go func() {
		_, err := p.pictures[0].WaitRow(p.room.ctx, after, 3, func(picture media.Picture) bool {
			kind := picture.Kind()
			if kind != before && kind != after && !slices.Contains(odd, kind) {
				odd = append(odd, kind)
			}
			return kind == after
		})
		changed <- err
	}()
	return func() {
		p.room.t.Helper()
		if err := <-changed; err != nil {
			p.room.t.Fatal(err)
		}
		if len(odd) > 0 {
			p.room.t.Errorf("%s: between %s and %s came %q", p.Name, before, after, odd)
		}
	}
}

func TestTheSpeakersPadsFollowTheDominantSpeaker(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	listener := room.join("listener", `jitsisrc name=j {room}  j.video_speaker ! {pictures}  j.audio_speaker ! {sound}`)
	room.join("quiet", talker("red", 440, 0.01))
	listener.shows(0, "red")
	listener.sounds(0, 440)

	wait := listener.changes("red", "green")
	loud := room.join("loud", talker("green", 550, 0.8))
	room.waitFor(1, events.DominantSpeaker, loud.id)
	wait()
	listener.sounds(0, 550)

	// who has no camera has no picture to wait for
	voice := room.join("voice", `audiotestsrc is-live=true freq=880 ! jitsisink {room}`)
	loud.leave()
	listener.sounds(0, 880)
	listener.shows(0, "black")
	voice.leave()
	listener.shows(0, "red")
	listener.sounds(0, 440)
}

func TestThePadOfTheScreenCarriesWhoeverSharesOne(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	viewer := room.join("viewer", `jitsisrc name=j {room}  j.video_desktop ! {pictures}  j.video_0 ! {pictures}`)
	first := room.join("first", sharer("red", "blue"))
	viewer.shows(0, "blue")
	viewer.shows(1, "red") // camera and screen of one participant at once
	second := room.join("second", sharer("green", "white"))
	// with its sources; one that nobody is shown is not added where SSRCs are rewritten
	if _, err := viewer.WaitMessage(room.ctx, 0, "jitsi-participant-joined", "id="+second.id); err != nil {
		t.Fatal(err)
	}
	viewer.shows(0, "blue") // whoever shares already is not pushed aside
	first.leave()
	viewer.shows(0, "white")
	viewer.shows(1, "green")
	second.leave()
	viewer.shows(0, "black")
}

func TestAPadNamedAfterASourceCarriesExactlyThat(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("other", sharer("green", "white"))
	sharer := room.join("sharer", sharer("red", "blue"))
	viewer := room.join("viewer", fmt.Sprintf(`jitsisrc name=j {room}  j.video_%s-v1 ! {pictures}  j.video_%[1]s-v0 ! {pictures}
		j.video_%[1]s ! {pictures}`, sharer.id))
	viewer.shows(0, "blue")
	viewer.shows(1, "red")
	viewer.shows(2, "red")
	sharer.leave()
	viewer.shows(0, "black")
}

func TestAPadThatStandsStillHoldsNoOtherUp(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", `videotestsrc is-live=true pattern=ball ! {small} ! jitsisink name=j {room}
		audiotestsrc is-live=true freq=440 ! j.`)
	// the same picture goes to a pad that nobody takes anything from and to one that is shown
	viewer := room.join("viewer", fmt.Sprintf(`jitsisrc name=j {room}
		j.video_speaker ! queue max-size-buffers=1 ! identity sleep-time=600000000 ! fakesink async=false
		j.video_%s ! {pictures}  j.audio_speaker ! {sound}`, sender.id))
	if err := media.WaitMotion(room.ctx, viewer.pictures[0]); err != nil {
		t.Error(err)
	}
	viewer.sounds(0, 440)
}

func TestAPadWithAnImpossibleNameIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"audio_desktop", "video_nobody"} {
		t.Run(name, func(t *testing.T) {
			room := newRoom(t)
			p := room.start("typo", `jitsisrc name=j {room}  j.`+name+` ! fakesink`)
			p.exits(1)
		})
	}
}
