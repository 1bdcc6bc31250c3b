package media

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/signaling/jingle"
)

func TestMain(m *testing.M) {
	gst.Init()
	os.Exit(m.Run())
}

func TestPadCapsListRawFirstThenTheCodecsThenTheirRTP(t *testing.T) {
	for medium, want := range map[jingle.Media]string{
		jingle.Audio: "audio/x-raw; audio/x-opus; application/x-rtp",
		jingle.Video: "video/x-raw; video/x-vp8; video/x-vp9; video/x-h264; video/x-av1; application/x-rtp",
	} {
		if got := PadCaps(medium); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", medium, got)
		}
	}
}

func TestThePreferenceOfCodecsIsRead(t *testing.T) {
	for list, want := range map[string][]string{
		"vp8":               {"vp8"},
		" H264, vp8 ,,h264": {"h264", "vp8"},
		"vp9,av1":           {"vp9", "av1"},
	} {
		if got, err := ParseNames(jingle.Video, list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
}

func TestNamesOfNoVideoCodecAreRefused(t *testing.T) {
	for list, culprit := range map[string]string{"vp8,h265": `"h265"`, "opus": `"opus"`, "": `""`, " , ": `" , "`} {
		if got, err := ParseNames(jingle.Video, list); err == nil || !strings.Contains(err.Error(), culprit) {
			t.Errorf("%q: %v, %v", list, got, err)
		}
	}
}

func TestCodecsAreFoundByNameAndByCaps(t *testing.T) {
	for _, codec := range append(Of(jingle.Video), Of(jingle.Audio)...) {
		if found, ok := ByName(strings.ToUpper(codec.Name)); !ok || found != codec {
			t.Errorf("%s: by name %v", codec.Name, found)
		}
		if found, ok := ByCaps(codec.Caps); !ok || found != codec {
			t.Errorf("%s: by caps %v", codec.Name, found)
		}
	}
	if _, ok := ByName("h265"); ok {
		t.Error("found what is not there")
	}
}

func TestUsableLeavesOutWhatHasNoElements(t *testing.T) {
	usable, missing := Usable(Names(jingle.Video))
	if !slices.Contains(usable, "vp8") || len(usable)+len(missing) != len(Of(jingle.Video)) {
		t.Errorf("usable %v, missing %v", usable, missing)
	}
	err := Codec{Name: "x", Pay: "rtpvp8pay", Depay: "no-such-depay"}.Available()
	var gone *MissingElementError
	if !errors.As(err, &gone) || gone.Factory != "no-such-depay" {
		t.Errorf("got %v", err)
	}
}

func TestThePlainDecoderIsPicked(t *testing.T) {
	for _, codec := range []Codec{VP8, VP9, H264, AV1, Opus} {
		name, err := decoderFor(codec)
		if err != nil {
			t.Error(err)
		}
		if strings.Contains(name, "alpha") {
			t.Errorf("%s: %s is for pictures with transparency", codec.Name, name)
		}
	}
}

func TestACodecNobodyDecodesIsNamed(t *testing.T) {
	_, err := decoderFor(Codec{Media: jingle.Video, Caps: "video/x-no-such-codec", Raw: "video/x-raw"})
	var missing *MissingElementError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "video/x-no-such-codec") {
		t.Errorf("got %v", err)
	}
}

func TestAMissingElementLeavesNothingInTheBin(t *testing.T) {
	bin := gst.NewPipeline("").(gst.Bin)
	_, err := makeChain(bin, []string{"identity", "no-such-element"})
	var missing *MissingElementError
	if !errors.As(err, &missing) || missing.Factory != "no-such-element" {
		t.Errorf("got %v", err)
	}
	for range bin.IterateElements().Values() {
		t.Error("something is left")
	}
}
