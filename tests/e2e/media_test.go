package e2e

import (
	"fmt"
	"testing"

	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/media"
)

func TestPictureAndSoundOfASinkReachASource(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("anna", `videotestsrc is-live=true ! {small} ! jitsisink name=j {room} nick=Anna
		audiotestsrc is-live=true freq=440 ! j.`)
	bert := room.join("bert", receiver)
	bert.shows(0, media.Bars)
	bert.sounds(0, 440)
}

func TestMovingPicturesMove(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("anna", `videotestsrc is-live=true pattern=ball ! {small} ! jitsisink {room}`)
	bert := room.join("bert", `jitsisrc {room} ! {pictures}`)
	if err := media.WaitMotion(room.ctx, bert.pictures[0]); err != nil {
		t.Error(err)
	}
}

func TestTwoBinsSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	anna := room.join("anna", bin("red", 440))
	bert := room.join("bert", bin("blue", 660))
	anna.shows(0, "blue")
	anna.sounds(0, 660)
	bert.shows(0, "red")
	bert.sounds(0, 440)
}

// Whoever comes first sees the others in the order of their arrival. (To one who comes last, the server lists those
// who are there in no order.)
func TestEachElementInARoomOfAllThreeGetsTheRightOnes(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	source := room.join("source", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.audio_0 ! {sound}
		j.video_1 ! {pictures}  j.audio_1 ! {sound}`)
	room.join("sink", sink("red", 440))
	bin := room.join("bin", bin("blue", 660))
	source.shows(0, "red")
	source.sounds(0, 440)
	source.shows(1, "blue")
	source.sounds(1, 660)
	bin.shows(0, "red")
	bin.sounds(0, 440)
}

func TestASenderWhoComesLaterIsReceived(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", receiver)
	room.join("late", sink("green", 550))
	receiver.shows(0, "green")
	receiver.sounds(0, 550)
}

func TestASlotIsFilledAgainAfterItsParticipantLeft(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", receiver)
	first := room.join("first", sink("red", 440))
	receiver.shows(0, "red")
	receiver.sounds(0, 440)
	first.leave()
	room.join("second", sink("blue", 660))
	receiver.shows(0, "blue")
	receiver.sounds(0, 660)
}

func TestASecondSlotStaysWithItsParticipantWhenTheFirstLeaves(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.video_1 ! {pictures}  j.audio_1 ! {sound}`)
	first := room.join("first", sink("red", 440))
	room.join("second", sink("blue", 660))
	receiver.shows(0, "red")
	receiver.shows(1, "blue")
	first.leave()
	receiver.shows(1, "blue")
	receiver.sounds(0, 660)
	room.join("third", sink("green", 550))
	receiver.shows(0, "green")
	receiver.shows(1, "blue")
}

func TestAPadNamedAfterAnEndpointCarriesThatParticipant(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("red", sink("red", 440))
	green := room.join("green", sink("green", 550))
	receiver := room.join("receiver", fmt.Sprintf(`jitsisrc name=j {room}  j.video_%s ! {pictures}  j.audio_%[1]s ! {sound}
		j.video_0 ! {pictures}`, green.id))
	receiver.shows(0, "green")
	receiver.sounds(0, 550)
	receiver.shows(1, "red") // the slot leaves out whom another pad carries
}

// Without feedback the real bridge takes the path for dead and stops the video after 15 s.
func TestOneWhoOnlyReceivesReportsWhatArrives(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "red")
	if _, err := room.server.WaitFor(room.ctx, func(e events.Event) bool {
		return e.Kind == events.Feedback && e.Receiver == receiver.id
	}); err != nil {
		t.Error(err)
	}
}

func TestEveryPacketSentHasTheNegotiatedExtensions(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "red")
	receiver.sounds(0, 440)
	room.hasAllExtensions(sender)
}

// hasAllExtensions checks that no packet of somebody's lacked a header extension that was negotiated.
func (r *room) hasAllExtensions(sender *participant) {
	r.t.Helper()
	for _, event := range r.server.Events() {
		if event.Kind == events.MissingExtension && event.Endpoint == sender.id {
			r.t.Error(event)
		}
	}
}
