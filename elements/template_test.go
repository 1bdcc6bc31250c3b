package elements

import (
	"slices"
	"strings"
	"testing"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
)

const recording = `matroskamux name=mux ! filesink name=file location={nick}.mkv  opusparse name=audio ! mux.  identity name=video ! mux.`

func TestATemplateIsFoundRight(t *testing.T) {
	for text, want := range map[string][]jingle.Media{
		"":                                 nil,
		"  \n":                             nil,
		recording:                          {jingle.Audio, jingle.Video},
		`opusenc name=audio ! fakesink`:    {jingle.Audio},
		`fakesink name=video`:              {jingle.Video},
		`audiomixer name=audio ! fakesink`: {jingle.Audio},
		`( identity name=video ! filesink location={nick}-{part} )`:           {jingle.Video},
		`textoverlay name=video text="{nick} ({participant_id})" ! fakesink`:  {jingle.Video},
		`identity name=video ! capsfilter caps=video/x-raw ! fakesink`:        {jingle.Video},
		`identity name=video ! video/x-raw,format={NV12,I420} ! fakesink`:     {jingle.Video},
		`identity name=video ! filesink location="{jid} {jid_user} a\"b.mkv"`: {jingle.Video},
	} {
		template, err := parseParticipantTemplate(text)
		switch {
		case err != nil:
			t.Errorf("%s: %v", text, err)
		case template == nil && want != nil, template != nil && !slices.Equal(template.media, want):
			t.Errorf("%s: %+v, want %v", text, template, want)
		}
	}
}

func TestWhatIsWrongWithATemplateIsNamed(t *testing.T) {
	for text, words := range map[string]string{
		`opusprase name=audio ! fakesink`:                          `at character 1 opusprase`,
		`fakesink name=audio  opusprase name=video ! fakesink`:     `at character 22 opusprase`,
		`identity name=audio ! filesink locatoin={nick}.mkv`:       `locatoin`,
		`identity name=audio ! ! fakesink`:                         `participant-template`,
		`identity name=audio ! nowhere.`:                           `sink-element`,
		`identity name=sound ! fakesink`:                           `"audio" "video"`,
		`audiotestsrc name=audio ! fakesink`:                       `"audio" sink pad`,
		`audiotestsrc ! identity name=audio ! fakesink`:            `"audio" free`,
		`identity name=audio ! filesink location={nickname}`:       `{nickname} {nick}`,
		`identity name=audio ! queue name={nick} ! fakesink`:       `{nick} replaced`,
		`identity name=audio ! audio/x-raw,rate={nick} ! fakesink`: `participant-template`,
		`videotestsrc ! x264enc ! fakesink  opusenc name=audio`:    ``, // that the output leads nowhere is no matter of syntax
	} {
		template, err := parseParticipantTemplate(text)
		if words == "" {
			if err != nil {
				t.Errorf("%s: %v", text, err)
			}
			continue
		}
		if err == nil {
			t.Errorf("%s: no error, %+v", text, template)
			continue
		}
		for word := range strings.FieldsSeq(words + " participant-template") {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %q is not in the error: %v", text, word, err)
			}
		}
	}
}

func TestAReceivingPipelineNeedsMixers(t *testing.T) {
	if _, err := parseRecvPipeline(`identity name=audio ! fakesink`); err == nil || !strings.Contains(err.Error(), "recv-pipeline") ||
		!strings.Contains(err.Error(), `"audio"`) {
		t.Errorf("got %v", err)
	}
	template, err := parseRecvPipeline(`audiomixer name=audio ! fakesink  compositor name=video sink_1::xpos=640 ! fakesink`)
	if err != nil || !slices.Equal(template.media, bothMedia) {
		t.Errorf("got %+v, %v", template, err)
	}
}

func TestRecvPipelineWinsWhereBothNameAnElement(t *testing.T) {
	s := settings{participantTemplate: recording, recvPipeline: `audiomixer name=audio ! fakesink`}
	templates, err := s.templates(kinds[1])
	if err != nil || !slices.Equal(templates.participant.media, []jingle.Media{jingle.Video}) ||
		!slices.Equal(templates.recv.media, []jingle.Media{jingle.Audio}) {
		t.Errorf("got %+v, %+v, %v", templates.participant, templates.recv, err)
	}
}

// elementsOf lists the factories in a bin.
func elementsOf(bin gst.Bin) (names []string) {
	for e := range bin.IterateElements().Values() {
		names = append(names, e.(gst.Element).GetFactory().GetName())
	}
	slices.Sort(names)
	return names
}

// hostile are nicks that want to be something else.
var hostile = []string{
	`" ! filesink location=x`, `' ! filesink location=x`, `x ! fakesink name=y`, "../../x", "/etc/x", "x\ny", "a\x00b", "a\xff\xfeb",
	"%s%n", "{jid}{part}", "", ".", "..", `\`, `x" name="y`, strings.Repeat("ä/", 500), "\u202e\u0000\u2028",
}

func TestNoTextOfAParticipantLeavesItsPlace(t *testing.T) {
	template, err := parseParticipantTemplate(recording)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := template.build()
	if err != nil {
		t.Fatal(err)
	}
	want := elementsOf(plain)
	written := map[string]bool{}
	for _, nick := range hostile {
		bin, err := template.build()
		if err != nil {
			t.Fatal(err)
		}
		_, files := personalise(bin, substitution{conference.Participant{ID: "5410b27b", Nick: nick}, 1}, written)
		if got := elementsOf(bin); !slices.Equal(got, want) {
			t.Errorf("%q: the elements are %v", nick, got)
		}
		location := gstx.StringProperties(bin.GetByName("file"))["location"]
		if len(files) != 1 || location != files[0] || strings.ContainsAny(location, "/\\\"%\n ") || strings.HasPrefix(location, ".") ||
			!strings.HasSuffix(location, ".mkv") || len(location) > 255 {
			t.Errorf("%q: the file is %q, of %q", nick, location, files)
		}
	}
	if len(written) != len(hostile) {
		t.Errorf("%d names of files for %d instances: %v", len(written), len(hostile), written)
	}
}

func TestTwoInstancesNeverWriteToOneFile(t *testing.T) {
	for text, want := range map[string][]string{
		`identity name=video ! filesink location={nick}.mkv`:            {"Anna.mkv", "Anna-2.mkv", "Anna-3.mkv"},
		`identity name=video ! filesink location={nick}-{part}.mkv`:     {"Anna-1.mkv", "Anna-2.mkv", "Anna-3.mkv"},
		`identity name=video ! filesink location=all.mkv`:               {"all.mkv", "all-2.mkv", "all-3.mkv"},
		`identity name=video ! rtmpsink location="rtmp://h/{nick} a=1"`: nil, // an address may be taken again
	} {
		template, err := parseParticipantTemplate(text)
		if err != nil {
			t.Log(err) // without the plugin of rtmpsink
			continue
		}
		written := map[string]bool{}
		var got []string
		for range 3 {
			bin, err := template.build()
			if err != nil {
				t.Fatal(err)
			}
			_, files := personalise(bin, substitution{conference.Participant{ID: "5410b27b", Nick: "Anna"}, 1}, written)
			got = append(got, files...)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestWhatNobodyFeedsIsTakenOut(t *testing.T) {
	for _, c := range []struct {
		text, without string
		left          []string
	}{
		{recording, "video", []string{"filesink", "matroskamux", "opusparse"}},
		{recording, "audio", []string{"filesink", "identity", "matroskamux"}},
		{`webmmux name=m ! queue ! filesink location=x  opusenc name=audio ! m.audio_0  vp9enc name=video ! tee name=t ! queue ! m.video_0  t. ! fakesink`,
			"video", []string{"filesink", "opusenc", "queue", "webmmux"}},
		{`identity name=audio ! fakesink  identity name=video ! fakesink`, "audio", []string{"fakesink", "identity"}},
	} {
		template, err := parseParticipantTemplate(c.text)
		if err != nil {
			t.Fatal(err)
		}
		bin, err := template.build()
		if err != nil {
			t.Fatal(err)
		}
		prune(bin, bin.GetByName(c.without))
		if got := elementsOf(bin); !slices.Equal(got, c.left) {
			t.Errorf("%s without %s: %v, want %v", c.text, c.without, got, c.left)
		}
		if mux := bin.GetByName("mux"); mux != nil {
			pads := 0
			for range mux.IterateSinkPads().Values() {
				pads++
			}
			if pads != 1 {
				t.Errorf("without %s the muxer waits for %d streams", c.without, pads)
			}
		}
	}
}
