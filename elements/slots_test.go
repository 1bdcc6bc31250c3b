package elements

import (
	"maps"
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
	table.assign(people(bob, alice), sources, pads)
	if want := (slotTable{0: bob, 1: alice}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotWhoseParticipantLeftIsFreeForTheNext(t *testing.T) {
	table := slotTable{0: alice, 1: bob}
	sources := []jingle.Source{videoOf(bob), videoOf(carol)}
	pads := []request{slot(jingle.Video, 0), slot(jingle.Video, 1)}
	table.assign(people(bob, carol), sources, pads)
	if want := (slotTable{0: carol, 1: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestWhoAnnouncesASourceIsNotOvertaken(t *testing.T) {
	table := slotTable{}
	present := people(alice, bob)
	present[0].Sources = []conference.SourceInfo{{Name: alice + "-v0"}}
	table.assign(present, []jingle.Source{videoOf(bob)}, []request{slot(jingle.Video, 0)})
	if want := (slotTable{0: alice}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotPassesOverThoseWithoutItsMedium(t *testing.T) {
	table := slotTable{}
	table.assign(people(alice, bob), []jingle.Source{audioOf(alice), videoOf(bob)}, []request{slot(jingle.Video, 0)})
	if want := (slotTable{0: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotPassesOverThoseWhomANamedPadCarries(t *testing.T) {
	table := slotTable{}
	sources := []jingle.Source{videoOf(alice), videoOf(bob)}
	table.assign(people(alice, bob), sources, []request{named(jingle.Video, alice), slot(jingle.Video, 0)})
	if want := (slotTable{0: bob}); !maps.Equal(table, want) {
		t.Errorf("got %v, want %v", table, want)
	}
}

func TestASlotWithoutPadsIsForgotten(t *testing.T) {
	table := slotTable{0: alice}
	table.assign(people(alice), []jingle.Source{videoOf(alice)}, nil)
	if len(table) != 0 {
		t.Errorf("got %v", table)
	}
}

func TestPadsWantTheCameraUnlessNamedOtherwise(t *testing.T) {
	sources := []jingle.Source{screenOf(alice), videoOf(alice), audioOf(alice)}
	table := slotTable{0: alice}
	for want, p := range map[string]request{
		alice + "-v0": slot(jingle.Video, 0),
		alice + "-a0": named(jingle.Audio, alice),
		alice + "-v1": {jingle.Video, selector{slot: -1, endpoint: alice, source: alice + "-v1"}},
	} {
		if got, ok := table.wanted(p, sources); !ok || got.Name != want {
			t.Errorf("%+v: got %q, want %q", p, got.Name, want)
		}
	}
	if got, ok := table.wanted(slot(jingle.Video, 1), sources); ok {
		t.Errorf("an empty slot wants %q", got.Name)
	}
}

func TestSelectorsAreSlotsEndpointsOrSources(t *testing.T) {
	for text, want := range map[string]selector{
		"0":           {slot: 0},
		"123":         {slot: 123},
		"5410b27b":    {slot: -1, endpoint: "5410b27b"},
		"5410b27b-v1": {slot: -1, endpoint: "5410b27b", source: "5410b27b-v1"},
	} {
		if got, ok := parseSelector(text); !ok || got != want {
			t.Errorf("%q: got %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{"", "-1", "1234", "abc", "5410B27B", "5410b27b-", "5410b27bb"} {
		if got, ok := parseSelector(text); ok {
			t.Errorf("%q was taken for %+v", text, got)
		}
	}
}
