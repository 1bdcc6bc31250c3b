package e2e

import (
	"fmt"
	"strings"
	"testing"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

// subscribed waits until a participant has told the bridge whose sound it wants, for the nth time in these words.
func (p *participant) subscribed(n int, what string) {
	p.room.t.Helper()
	_, err := p.room.server.WaitForNth(p.room.ctx, n, func(e events.Event) bool {
		return e.Room == p.room.name && e.Kind == events.AudioSubscribed && e.Endpoint == p.id && strings.Contains(e.Detail, what)
	})
	if err != nil {
		p.room.t.Fatalf("%s: wait for a subscription to %s: %v", p.Name, what, err)
	}
}

// subscriptions counts what a participant has said in these words.
func (r *room) subscriptions(p *participant, what string) (n int) {
	for _, e := range r.server.Events() {
		if e.Room == r.name && e.Kind == events.AudioSubscribed && e.Endpoint == p.id && strings.Contains(e.Detail, what) {
			n++
		}
	}
	return n
}

// heardBy says whether a participant's sound has ever been sent to another.
func (r *room) heardBy(sender, receiver *participant) bool {
	for _, e := range r.server.Events() {
		if e.Kind == events.MediaForwarded && e.Receiver == receiver.id && e.Source == sender.id+"-a0" {
			return true
		}
	}
	return false
}

func TestTheBridgeIsAskedForTheSoundThatLinkedPadsPlay(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]deployment.Options{"": {}, "where SSRCs are rewritten": {SSRCRewriting: true}} {
		t.Run(name, func(t *testing.T) {
			room := newRoomWith(t, options)
			red := room.join("red", sink("red", 440))
			green := room.join("green", sink("green", 550))
			one := room.join("one", fmt.Sprintf(`jitsisrc name=j {room}  j.audio_%s ! {sound}  j.video_%s ! {pictures}`, green.id, red.id))
			one.sounds(0, 550)
			one.shows(0, "red")
			one.subscribed(1, fmt.Sprintf(`"mode":"Include","list":["%s-a0"]`, green.id))
			if room.heardBy(red, one) {
				t.Error("the bridge has sent sound that nobody plays")
			}
			red.subscribed(1, `"mode":"None"`)
		})
	}
}

func TestSoundIsAskedForAnewWhereTheParticipantOrTheChannelIsAnother(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{})
	red := room.join("red", sink("red", 440))
	listener := room.join("listener", `jitsisrc name=j {room}  j.audio_0 ! {sound}`)
	listener.sounds(0, 440)
	listener.subscribed(1, fmt.Sprintf(`["%s-a0"]`, red.id))
	room.server.DropConnections()
	listener.subscribed(2, fmt.Sprintf(`["%s-a0"]`, red.id))
	green := room.join("green", sink("green", 550))
	red.leave()
	listener.subscribed(1, fmt.Sprintf(`["%s-a0"]`, green.id))
	listener.sounds(0, 550)
	before := room.subscriptions(listener, `"mode":"None"`)
	green.leave()
	listener.subscribed(before+1, `"mode":"None"`)
}
