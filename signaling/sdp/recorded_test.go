package sdp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/captures"
)

// TestWeTakeOfAnOfferWhatItsClientTook holds what we take of each recorded offer against what the recorded client
// took of it: clients without RTX, transport-cc or MID are among them (j-minimal, nomid-a).
func TestWeTakeOfAnOfferWhatItsClientTook(t *testing.T) {
	names, err := captures.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			lines, err := captures.Read(name)
			if err != nil {
				t.Fatal(err)
			}
			var offer *jingle.SessionInitiate
			for _, l := range lines {
				switch {
				case l.Is("xmpp", "S>C") && strings.Contains(l.Text, "action='session-initiate'"):
					offer = read(t, l.Text)
				case l.Is("xmpp", "C>S") && strings.Contains(l.Text, `action="session-accept"`):
					answer := read(t, strings.Replace(l.Text, "session-accept", "session-initiate", 1))
					compare(t, offer.Audio, answer.Audio)
					compare(t, offer.Video, answer.Video)
				}
			}
			if offer == nil {
				t.Error("no offer")
			}
		})
	}
}

func read(t *testing.T, stanza string) *jingle.SessionInitiate {
	t.Helper()
	m, err := jingle.Parse([]byte(stanza))
	if err != nil {
		t.Fatal(err)
	}
	return m.(*jingle.SessionInitiate)
}

func compare(t *testing.T, offered, accepted jingle.Description) {
	t.Helper()
	codecs := []string{"opus", "vp8", "vp9", "h264", "av1"}
	ours := Take(offered, Options{Codecs: codecs, VideoSenders: 1})
	var want []string
	for _, pt := range accepted.PayloadTypes {
		if pt.Name != "telephone-event" { // nobody dials here
			want = append(want, payload(pt))
		}
	}
	var got []string
	for _, pt := range ours.PayloadTypes {
		got = append(got, payload(pt))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("of %s we take\n%s\nthe recorded client took\n%s", offered.Media, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, ext := range ours.HeaderExtensions {
		if !slices.Contains(accepted.HeaderExtensions, ext) {
			t.Errorf("of %s we take %+v, the recorded client did not", offered.Media, ext)
		}
	}
}

func payload(pt jingle.PayloadType) string {
	feedback := slices.Clone(pt.Feedback)
	if isRTX(pt) { // the focus offers some, to no effect: web clients leave it out of their answers
		feedback = nil
	}
	slices.SortFunc(feedback, func(a, b jingle.Feedback) int { return strings.Compare(a.Type+a.Subtype, b.Type+b.Subtype) })
	return fmt.Sprint(pt.ID, " ", strings.ToLower(pt.Name), " ", pt.ClockRate, "/", pt.Channels, " apt=", parameter(pt, "apt"), " ", feedback)
}
