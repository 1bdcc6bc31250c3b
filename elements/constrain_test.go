package elements

import (
	"slices"
	"testing"

	"gstjitsi/signaling/jingle"
)

func TestTheLowerLimitHolds(t *testing.T) {
	for _, c := range []struct{ pad, element, want int }{
		{0, 0, fullHeight}, {360, 0, 360}, {0, 720, 720}, {360, 720, 360}, {720, 360, 360}, {4320, 0, fullHeight},
	} {
		if got := heightFor(c.pad, c.element); got != c.want {
			t.Errorf("pad %d, element %d: %d, want %d", c.pad, c.element, got, c.want)
		}
	}
}

func TestSelectedAreTheNamedSourcesThenThoseOfTheParticipants(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{audioOf(alice), videoOf(alice), screenOf(alice), videoOf(bob)})
	got := selected(offers, list(" "+bob+"-v0, ,"+alice+"-v1,"), list(alice))
	if want := []string{bob + "-v0", alice + "-v1", alice + "-v0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
