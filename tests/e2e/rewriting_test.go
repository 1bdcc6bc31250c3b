package e2e

import (
	"testing"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

// There are fewer SSRCs than sources: the bridge gives that of somebody who is gone to the next.
func TestWhereSSRCsAreRewrittenASlotFollowsItsParticipant(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{SSRCRewriting: true, SSRCLimit: 1})
	receiver := room.join("receiver", receiver)
	first := room.join("first", sink("red", 440))
	receiver.shows(0, "red")
	receiver.sounds(0, 440)
	was := room.waitFor(1, events.SSRCAssigned, first.id)
	first.leave()
	second := room.join("second", sink("blue", 660))
	receiver.shows(0, "blue")
	receiver.sounds(0, 660)
	if is := room.waitFor(1, events.SSRCAssigned, second.id); is.SSRC == 0 || was.SSRC == 0 {
		t.Errorf("no SSRC was assigned: %v, %v", was, is)
	}
}

func TestWhereSSRCsAreRewrittenTwoAreSeenAndHeardAtOnce(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]deployment.Options{
		"by SSRC": {SSRCRewriting: true, NoMID: true}, "with MIDs": {SSRCRewriting: true},
	} {
		t.Run(name, func(t *testing.T) {
			room := newRoomWith(t, options)
			receiver := room.join("receiver", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.audio_0 ! {sound}
				j.video_1 ! {pictures}  j.audio_1 ! {sound}`)
			room.join("first", sink("red", 440))
			room.join("second", sink("blue", 660))
			receiver.shows(0, "red")
			receiver.sounds(0, 440)
			receiver.shows(1, "blue")
			receiver.sounds(1, 660)
			if got := room.waitFor(1, events.SSRCAssigned, ""); got.SSRC == 0 {
				t.Error(got)
			}
		})
	}
}
