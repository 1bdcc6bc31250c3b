package elements

import (
	"maps"
	"slices"
	"testing"

	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

const alice, bob, carol = "aaaaaaaa", "bbbbbbbb", "cccccccc"

func audioOf(id string) jingle.Source {
	return jingle.Source{Name: id + "-a0", Endpoint: id, Media: jingle.Audio, SSRC: uint32(id[0])}
}

func videoOf(id string) jingle.Source {
	return jingle.Source{Name: id + "-v0", Endpoint: id, Media: jingle.Video, VideoType: jingle.Camera, SSRC: uint32(id[0]) + 1000}
}

func screenOf(id string) jingle.Source {
	return jingle.Source{Name: id + "-v1", Endpoint: id, Media: jingle.Video, VideoType: jingle.Desktop, SSRC: uint32(id[0]) + 2000}
}

func people(ids ...string) (list []conference.Participant) {
	for _, id := range ids {
		list = append(list, conference.Participant{ID: id})
	}
	return list
}

func slot(m jingle.Media, n int) request { return request{m, selector{slot: n}} }

func named(m jingle.Media, id string) request { return request{m, selector{slot: -1, endpoint: id}} }

func TestSlotsFillInTheOrderOfArrival(t *testing.T) {
	table := slotTable{}
	sources := []jingle.Source{audioOf(alice), videoOf(alice), audioOf(bob), videoOf(bob)}
	pads := []request{slot(jingle.Video, 0), slot(jingle.Audio, 0), slot(jingle.Video, 1)}
	table.assign(people(bob, alice), catalogue(people(bob, alice), sources), pads)
	if want := (slotTable{0: bob, 1: alice}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotWhoseParticipantLeftIsFreeForTheNext(t *testing.T) {
	table := slotTable{0: alice, 1: bob}
	sources := []jingle.Source{videoOf(bob), videoOf(carol)}
	pads := []request{slot(jingle.Video, 0), slot(jingle.Video, 1)}
	table.assign(people(bob, carol), catalogue(nil, sources), pads)
	if want := (slotTable{0: carol, 1: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestWhoAnnouncesASourceIsNotOvertaken(t *testing.T) {
	table := slotTable{}
	present := people(alice, bob)
	present[0].Sources = []conference.SourceInfo{{Name: alice + "-v0"}}
	table.assign(present, catalogue(present, []jingle.Source{videoOf(bob)}), []request{slot(jingle.Video, 0)})
	if want := (slotTable{0: alice}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotPassesOverThoseWithoutItsMedium(t *testing.T) {
	table := slotTable{}
	table.assign(people(alice, bob), catalogue(nil, []jingle.Source{audioOf(alice), videoOf(bob)}), []request{slot(jingle.Video, 0)})
	if want := (slotTable{0: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotPassesOverThoseWhomANamedPadCarries(t *testing.T) {
	table := slotTable{}
	sources := []jingle.Source{videoOf(alice), videoOf(bob)}
	table.assign(people(alice, bob), catalogue(nil, sources), []request{named(jingle.Video, alice), slot(jingle.Video, 0)})
	if want := (slotTable{0: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotWithoutPadsIsForgotten(t *testing.T) {
	table := slotTable{0: alice}
	table.assign(people(alice), catalogue(nil, []jingle.Source{videoOf(alice)}), nil)
	if len(table) != 0 {
		t.Errorf("got %v", table)
	}
}

// wantedBy is what a pad carries where nobody has spoken yet.
func wantedBy(p request, slots slotTable, offers []offer) (string, bool) {
	c := &controller{slots: slots}
	got, ok := c.wanted(&sourcePad{request: p}, offers)
	return got.name, ok
}

func TestPadsWantTheCameraUnlessNamedOtherwise(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{screenOf(alice), videoOf(alice), audioOf(alice)})
	slots := slotTable{0: alice}
	for want, p := range map[string]request{
		alice + "-v0": slot(jingle.Video, 0),
		alice + "-a0": named(jingle.Audio, alice),
		alice + "-v1": {jingle.Video, selector{slot: noSlot, endpoint: alice, source: alice + "-v1"}},
	} {
		if got, ok := wantedBy(p, slots, offers); !ok || got != want {
			t.Errorf("%+v: got %q, want %q", p, got, want)
		}
	}
	screen := request{jingle.Video, selector{slot: noSlot, role: roleDesktop}}
	if got, ok := wantedBy(screen, slots, offers); !ok || got != alice+"-v1" {
		t.Errorf("the screen's pad wants %q", got)
	}
	if got, ok := wantedBy(slot(jingle.Video, 1), slots, offers); ok {
		t.Errorf("an empty slot wants %q", got)
	}
	if got, ok := wantedBy(screen, slots, catalogue(nil, []jingle.Source{videoOf(alice)})); ok {
		t.Errorf("without a screen its pad wants %q", got)
	}
}

func TestAScreenIsShownUntilItEnds(t *testing.T) {
	offers := catalogue(nil, []jingle.Source{screenOf(alice), screenOf(bob)})
	if got, _ := shownScreen(offers, bob+"-v1"); got.name != bob+"-v1" {
		t.Errorf("bob's screen gave way to %q", got.name)
	}
	offers[1].muted = true
	if got, _ := shownScreen(offers, bob+"-v1"); got.name != alice+"-v1" {
		t.Errorf("bob's muted screen gave way to %q", got.name)
	}
}

func TestPresenceAndSessionTellOfOneSource(t *testing.T) {
	present := people(alice)
	present[0].Sources = []conference.SourceInfo{{Name: alice + "-v0", Muted: true}, {Name: alice + "-v1", VideoType: jingle.Desktop}}
	got := catalogue(present, []jingle.Source{videoOf(alice), audioOf(bob)})
	want := []offer{
		{name: alice + "-v0", endpoint: alice, media: jingle.Video, muted: true, ssrc: videoOf(alice).SSRC},
		{name: alice + "-v1", endpoint: alice, media: jingle.Video, desktop: true},
		{name: bob + "-a0", endpoint: bob, media: jingle.Audio, ssrc: audioOf(bob).SSRC},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSelectorsAreSlotsEndpointsSourcesOrRoles(t *testing.T) {
	for text, want := range map[string]selector{
		"0":           {slot: 0},
		"123":         {slot: 123},
		"5410b27b":    {slot: noSlot, endpoint: "5410b27b"},
		"5410b27b-v1": {slot: noSlot, endpoint: "5410b27b", source: "5410b27b-v1"},
		"speaker":     {slot: noSlot, role: roleSpeaker},
		"desktop":     {slot: noSlot, role: roleDesktop},
	} {
		if got, err := parseSelector(jingle.Video, text); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1", "1234", "abc", "5410B27B", "5410b27b-", "5410b27bb", "Speaker"} {
		if got, err := parseSelector(jingle.Video, text); err == nil {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
	if got, err := parseSelector(jingle.Audio, "desktop"); err == nil {
		t.Errorf("the sound of a screen was taken for %+v", got)
	}
}
