package e2e

import (
	"testing"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

func TestAModeratorMutesUs(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	moderator := room.watcher("moderator")
	sender := room.join("sender", sink("red", 440))
	moderator.Watch(map[string]int{sender.id + "-v0": 180})
	room.waitForwarded(moderator.ID())
	for _, media := range []jingle.Media{jingle.Video, jingle.Audio} {
		moderator.Mute(sender.id, media)
		if _, err := sender.WaitMessage(room.ctx, 0, "jitsi-mute-requested", "media="+string(media), "by="+moderator.ID()); err != nil {
			t.Error(err)
		}
	}
	room.waitEvent("the video's stop", func(e events.Event) bool {
		return e.Kind == events.ForwardingStopped && e.Source == sender.id+"-v0"
	})
}

// config.js says how many may begin unmuted; who opens the room tells it the focus.
func TestWhoComesAsTheSecondIsMutedWhereOneMayBeginUnmuted(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{Config: map[string]any{"startAudioMuted": 1, "startVideoMuted": 2}})
	first := room.join("first", bin("red", 440))
	second := room.join("second", bin("green", 550))
	if _, err := first.WaitMessage(room.ctx, 0, "jitsi-source-muted", "source-name="+second.id+"-a0", "muted=true"); err != nil {
		t.Error(err)
	}
	first.shows(0, "green")
	second.shows(0, "red")
	second.sounds(0, 440)
}

func TestWhoComesIntoAMeetingThatWantsSilenceIsMuted(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{StartMuted: true})
	watcher := room.join("watcher", receiver)
	sender := room.join("sender", sink("red", 440))
	if _, err := watcher.WaitMessage(room.ctx, 0, "jitsi-source-muted", "participant-id="+sender.id, "muted=true"); err != nil {
		t.Error(err)
	}
	for _, e := range room.server.Events() {
		if e.Kind == events.MediaReceived && e.Endpoint == sender.id {
			t.Errorf("it sends nevertheless: %v", e)
		}
	}
}
