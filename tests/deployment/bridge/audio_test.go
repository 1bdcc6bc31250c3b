package bridge

import (
	"testing"

	"github.com/pion/rtp"

	"gstjitsi/tests/deployment/events"
)

func TestSoundGoesToThoseWhoWantIt(t *testing.T) {
	for _, test := range []struct {
		name, message string
		wanted        bool
	}{
		{"all", `"mode":"All"`, true},
		{"none", `"mode":"None"`, false},
		{"this one", `"mode":"Include","list":["x","aaaa-a0"]`, true},
		{"another one", `"mode":"Include","list":["x"]`, false},
		{"all but this", `"mode":"Exclude","list":["aaaa-a0"]`, false},
		{"all but another", `"mode":"Exclude","list":["x"]`, true},
		{"all, in later fields", `"all":true`, true},
		{"this one, in later fields", `"include":["aaaa-a0"]`, true},
		{"this one, which is left out, too", `"all":true,"include":["aaaa-a0"],"exclude":["aaaa-a0"]`, false},
		{"nothing said", `"list":["aaaa-a0"]`, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, _, bob := two(t)
			bob.say(`{"colibriClass":"ReceiverAudioSubscription",` + test.message + `}`)
			s.waitFor(kind(events.AudioSubscribed))
			c := bob.endpoint.conference
			c.mu.Lock()
			defer c.mu.Unlock()
			if got := bob.endpoint.audio.wants("aaaa-a0"); got != test.wanted {
				t.Errorf("wanted: %v", got)
			}
		})
	}
}

func TestASubscriptionToSoundThatIsNotUnderstoodChangesNothing(t *testing.T) {
	s, alice, bob := two(t)
	for n, message := range []string{`"mode":"Some"`, `"mode":"None","sources":[]`, `"mode":["None"]`, `"include":"aaaa-a0"`} {
		bob.say(`{"colibriClass":"ReceiverAudioSubscription",` + message + `}`)
		if _, err := s.log.WaitForNth(s.ctx, n+1, kind(events.ConstraintsRefused)); err != nil {
			t.Fatal(err)
		}
	}
	alice.send(opus(101, 7), level(30))
	bob.gets(bySSRC(101))
}

func TestSoundStopsAndGoesOnAsTheReceiverSays(t *testing.T) {
	s, alice, bob := two(t)
	carol := s.join("cccc", clientOptions{})
	alice.send(opus(101, 7), level(30))
	bob.gets(bySSRC(101))
	carol.gets(bySSRC(101))
	bob.say(`{"colibriClass":"ReceiverAudioSubscription","mode":"None"}`)
	s.waitFor(kind(events.AudioSubscribed))
	alice.send(opus(101, 8), level(30))
	carol.gets(func(p *rtp.Packet) bool { return p.SSRC == 101 && p.SequenceNumber == 8 })
	bob.say(`{"colibriClass":"ReceiverAudioSubscription","mode":"Include","list":["aaaa-a0"]}`)
	if _, err := s.log.WaitForNth(s.ctx, 2, kind(events.AudioSubscribed)); err != nil {
		t.Fatal(err)
	}
	alice.send(opus(101, 9), level(30))
	if p := bob.gets(bySSRC(101)); p.SequenceNumber != 9 {
		t.Errorf("bob has got number %d: it is not what he wants, or its number is another one than the sender's", p.SequenceNumber)
	}
}
