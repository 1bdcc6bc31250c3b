package source_test

import (
	"reflect"
	"slices"
	"testing"

	"gstjitsi/tests/deployment/source"
)

// camera is what a browser announces of a camera (recording a-alice): three layers, each with retransmissions.
func camera() source.Set {
	list := source.List{Groups: []source.Group{
		{Semantics: source.FID, SSRCs: []uint32{1, 11}},
		{Semantics: source.SIM, SSRCs: []uint32{1, 2, 3}},
		{Semantics: source.FID, SSRCs: []uint32{2, 12}},
		{Semantics: source.FID, SSRCs: []uint32{3, 13}},
	}}
	for _, ssrc := range []uint32{11, 1, 2, 3, 12, 13} { // retransmissions may come first
		list.Sources = append(list.Sources, source.Source{SSRC: ssrc, Name: "aaaa-v0", VideoType: "camera"})
	}
	return source.Set{Owner: "aaaa", Video: list, Audio: source.List{Sources: []source.Source{{SSRC: 9, Name: "aaaa-a0"}}}}
}

func TestLayersAndRetransmissionsBelongToOneSource(t *testing.T) {
	want := []source.Described{
		{Name: "aaaa-a0", Media: source.Audio, Encodings: []source.Encoding{{SSRC: 9}}},
		{Name: "aaaa-v0", Media: source.Video, VideoType: "camera",
			Encodings: []source.Encoding{{SSRC: 1, RTX: 11}, {SSRC: 2, RTX: 12}, {SSRC: 3, RTX: 13}}},
	}
	if got := camera().Describe(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestReceiversSeeOneLayer(t *testing.T) {
	got := camera().WithoutSimulcast()
	if ssrcs := got.SSRCs(); !slices.Equal(ssrcs, []uint32{9, 11, 1}) {
		t.Errorf("SSRCs %v", ssrcs)
	}
	if !reflect.DeepEqual(got.Video.Groups, []source.Group{{Semantics: source.FID, SSRCs: []uint32{1, 11}}}) {
		t.Errorf("groups %v", got.Video.Groups)
	}
}

func TestSetsAddUpAndCancel(t *testing.T) {
	all := camera()
	audio := source.Set{Owner: "aaaa", Audio: all.Audio}
	video := source.Set{Owner: "aaaa", Video: all.Video}
	if got := all.Minus(video); !reflect.DeepEqual(got, audio) {
		t.Errorf("without video: %+v", got)
	}
	if got := audio.Plus(video); !reflect.DeepEqual(got, all) {
		t.Errorf("together: %+v", got)
	}
	if !all.Minus(all).Empty() {
		t.Error("something is left")
	}
}

func TestSourcesWithoutNamesGetOneForTheBridge(t *testing.T) {
	set := source.Set{Owner: "aaaa",
		Audio: source.List{Sources: []source.Source{{SSRC: 1}}},
		Video: source.List{Sources: []source.Source{{SSRC: 2}, {SSRC: 3, Name: "aaaa-v1"}}}}
	named := set.Named()
	if got := []string{named.Audio.Sources[0].Name, named.Video.Sources[0].Name, named.Video.Sources[1].Name}; !slices.Equal(got, []string{"aaaa-a0", "aaaa-v0", "aaaa-v1"}) {
		t.Errorf("the names are %q", got)
	}
	if set.Audio.Sources[0].Name != "" {
		t.Error("the set itself has changed")
	}
}
