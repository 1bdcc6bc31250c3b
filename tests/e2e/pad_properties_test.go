package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"gstjitsi/tests/deployment/events"
)

// notified waits until gst-launch -v tells of a pad's property.
func (p *participant) notified(pad, property, value string) {
	p.room.t.Helper()
	pattern := regexp.MustCompile(`:` + pad + `: ` + property + ` = "?` + regexp.QuoteMeta(value) + `"?$`)
	if _, err := p.WaitLine(p.room.ctx, 0, pattern); err != nil {
		p.room.t.Fatal(err)
	}
}

func TestAPadTellsWhomItCarries(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", `jitsisrc name=j {room}  j.video_0 ! {pictures}  j.audio_0 ! fakesink`, "-v")
	sender := room.join("sender", sink("red", 440))
	receiver.shows(0, "red")
	for property, value := range map[string]string{
		"participant-id": sender.id, "nick": "red", "source-name": sender.id + "-v0", "codec": "vp8", "active": "true",
	} {
		receiver.notified("video_0", property, value)
	}
	receiver.notified("audio_0", "codec", "opus")
	sender.leave()
	receiver.notified("video_0", "source-name", "(null)")
	receiver.notified("video_0", "active", "false")
	receiver.shows(0, "black")
}

func TestTheTagsOfAPadNameTheParticipant(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	receiver := room.join("receiver", `jitsisrc name=j {room} ! fakesink`, "-t")
	room.join("sender", sink("red", 440))
	if _, err := receiver.WaitLine(room.ctx, 0, regexp.MustCompile(`title: red$`)); err != nil {
		t.Error(err)
	}
}

// asked waits until a receiver has asked the bridge for just that.
func (p *participant) asked(what string) {
	p.room.t.Helper()
	_, err := p.room.server.WaitFor(p.room.ctx, func(e events.Event) bool {
		return e.Room == p.room.name && e.Kind == events.Constraints && e.Endpoint == p.id && strings.Contains(e.Detail, what)
	})
	if err != nil {
		p.room.t.Fatalf("%s: wait for a message with %s: %v", p.Name, what, err)
	}
}

func TestTheBridgeIsAskedForWhatLinkedPadsShow(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", sink("red", 440))
	room.join("other", sink("green", 550))
	viewer := room.join("viewer", fmt.Sprintf(`jitsisrc name=j {room} max-height=360 last-n=3 select-sources=a-v0 select-participants=%s
		video_0::max-height=180 j.video_%[1]s ! {pictures}  j.audio_0 ! fakesink`, sender.id))
	viewer.shows(0, "red")
	viewer.asked(fmt.Sprintf(`"constraints":{"%s-v0":{"maxHeight":360}}`, sender.id))
	viewer.asked(`"lastN":3,`)
	viewer.asked(fmt.Sprintf(`"selectedSources":["a-v0","%s-v0"]`, sender.id))
	for _, e := range room.server.Events() {
		if e.Room == room.name && e.Kind == events.ConstraintsRefused {
			t.Error(e)
		}
	}
}

func TestAPadsMaxHeightIsSetByItsName(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", sink("red", 440))
	before := room.join("before", `jitsisrc name=j {room} video_0::max-height=180  j.video_0 ! {pictures}`)
	before.asked(fmt.Sprintf(`"constraints":{"%s-v0":{"maxHeight":180}}`, sender.id))
}

func TestAPadEndsWhenItsParticipantLeaves(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.join("sender", sink("red", 440))
	ends := room.join("ends", fmt.Sprintf(`jitsisrc name=j {room} video_%s::eos-on-leave=true audio_%[1]s-a0::eos-on-leave=true
		j.video_%[1]s ! {pictures}  j.audio_%[1]s-a0 ! {sound}`, sender.id))
	stays := room.join("stays", fmt.Sprintf(`jitsisrc name=j {room}  j.video_%s ! {pictures}`, sender.id))
	ends.shows(0, "red")
	ends.sounds(0, 440)
	stays.shows(0, "red")
	sender.leave()
	ends.exits(0)
	stays.shows(0, "black")
}
