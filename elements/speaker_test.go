package elements

import (
	"testing"
	"time"

	"gstjitsi/signaling/jingle"
)

// shows is what the speaker's pads show in a test.
func shows(id string) func(string) bool { return func(other string) bool { return other == id } }

func TestTheSpeakersSoundWaitsForThePicture(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{audioOf(alice), videoOf(alice), audioOf(bob), videoOf(bob)})
	both, start := people(alice, bob), time.Now()
	s := speaker{}
	s.settle(both, offers, shows(""), start)
	if s.shown != alice {
		t.Fatalf("before anybody has spoken %q is shown, want the first who came", s.shown)
	}
	s.hear(bob, carol, start)
	s.settle(both, offers, shows(alice), start)
	if s.shown != alice {
		t.Fatalf("%q is heard before bob's picture is there", s.shown)
	}
	s.settle(both, offers, shows(bob), start)
	if s.shown != bob {
		t.Errorf("%q is heard when bob's picture is there", s.shown)
	}
}

func TestASpeakerWhosePictureDoesNotComeIsHeardAfterAWhile(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{videoOf(alice), videoOf(bob)})
	both, start := people(alice, bob), time.Now()
	s := speaker{wanted: alice, shown: alice}
	s.hear(bob, carol, start)
	s.settle(both, offers, shows(alice), start.Add(speakerPatience-time.Millisecond))
	if s.shown != alice {
		t.Errorf("%q is heard too early", s.shown)
	}
	s.settle(both, offers, shows(alice), start.Add(speakerPatience))
	if s.shown != bob {
		t.Errorf("%q is heard", s.shown)
	}
}

func TestASpeakerWithoutACameraIsHeardAtOnce(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{videoOf(alice), audioOf(bob)})
	s := speaker{wanted: alice, shown: alice}
	s.hear(bob, carol, time.Now())
	s.settle(people(alice, bob), offers, shows(alice), time.Now())
	if s.shown != bob {
		t.Errorf("%q is heard", s.shown)
	}
}

func TestWhenTheSpeakerLeavesWhoSpokeBeforeStays(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{videoOf(alice), videoOf(bob)})
	s := speaker{wanted: bob, shown: alice, since: time.Now()}
	s.settle(people(alice), offers, shows(alice), time.Now())
	if s.wanted != alice || s.shown != alice {
		t.Errorf("%+v", s)
	}
	s.settle(people(carol), nil, shows(""), time.Now())
	if s.wanted != "" || s.shown != "" {
		t.Errorf("when all are gone: %+v", s)
	}
}

func TestOurOwnVoiceChangesNothing(t *testing.T) {
	s := speaker{wanted: alice}
	s.hear(bob, bob, time.Now())
	if s.wanted != alice {
		t.Errorf("%q", s.wanted)
	}
}
