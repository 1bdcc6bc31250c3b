package e2e

import (
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

func TestMediaFlowsAgainAfterATimeAlone(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{AloneTimeout: time.Second})
	anna := room.join("anna", bin("red", 440))
	for turn, guest := range []struct {
		colour string
		hertz  int
	}{{"green", 550}, {"blue", 660}} {
		bert := room.join("bert", bin(guest.colour, guest.hertz))
		anna.shows(0, guest.colour)
		anna.sounds(0, float64(guest.hertz))
		bert.shows(0, "red")
		bert.sounds(0, 440)
		bert.leave()
		room.waitFor(turn+1, events.SessionTerminated, anna.id)
	}
}

func TestCtrlCLeavesTheRoomWithinASecond(t *testing.T) {
	t.Parallel()
	for element, pipeline := range map[string]string{
		"jitsisink": sink("red", 440), "jitsisrc": receiver, "jitsibin": bin("red", 440),
	} {
		t.Run(element, func(t *testing.T) {
			room := newRoom(t)
			anna := room.join("anna", bin("blue", 660))
			bert := room.join("bert", pipeline)
			room.waitFor(1, events.MediaReady, bert.id)
			interrupted := time.Now()
			bert.Interrupt()
			left := room.waitFor(1, events.Left, bert.id)
			if took := left.Time.Sub(interrupted); took > 3*time.Second { // the element gives up after one
				t.Errorf("it took %v until the room saw it", took)
			}
			bert.exits(0)
			if _, err := anna.WaitMessage(room.ctx, 0, "jitsi-participant-left"); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestComingAndGoingIsToldOnTheBus(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	anna := room.join("anna", receiver)
	bert := room.join("bert", sink("red", 440))
	if _, err := anna.WaitMessage(room.ctx, 0, "jitsi-participant-joined", "id="+bert.id, "nick=red"); err != nil {
		t.Error(err)
	}
	bert.leave()
	if _, err := anna.WaitMessage(room.ctx, 0, "jitsi-participant-left", "id="+bert.id); err != nil {
		t.Error(err)
	}
}

// A deployment's XMPP domain is seldom its host: docker-jitsi-meet calls it meet.jitsi wherever it runs.
func TestLocationAloneIsEnoughWhereTheDomainIsNotTheHost(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{Domain: "meet.jitsi"})
	room.join("sender", sink("red", 440))
	receiver := room.join("receiver", receiver)
	receiver.shows(0, "red")
}
