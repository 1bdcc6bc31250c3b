package elements

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-gst/pkg/gst"
)

// waitMessage waits for an element message of a name whose text has all parts.
func waitMessage(t *testing.T, p gst.Pipeline, name string, parts ...string) {
	t.Helper()
	deadline := time.After(patience)
	for {
		m := p.GetBus().TimedPopFiltered(gst.ClockTime(time.Second), gst.MessageElement|gst.MessageError)
		select {
		case <-deadline:
			t.Fatalf("no %s with %v", name, parts)
		default:
		}
		if m == nil {
			continue
		}
		text := strings.NewReplacer(`\`, ``, `"`, ``).Replace(m.GetStructure().String()) // structures inside are escaped
		if m.Type() == gst.MessageError {
			t.Fatalf("%s", text)
		}
		if m.GetStructure().GetName() != name {
			continue
		}
		found := true
		for _, part := range parts {
			found = found && strings.Contains(text, part)
		}
		if found {
			return
		}
	}
}

// counter counts the buffers that come to an element's sink pad.
func counter(p gst.Pipeline, element string) (came chan struct{}) {
	came = make(chan struct{}, 1)
	p.GetByName(element).GetStaticPad("sink").AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
		select {
		case came <- struct{}{}:
		default:
		}
		return gst.PadProbeOK
	})
	return came
}

func comes(t *testing.T, came chan struct{}) {
	t.Helper()
	select {
	case <-came:
	case <-time.After(patience):
		t.Fatal("nothing comes")
	}
}

func play(t *testing.T, pipelines ...gst.Pipeline) {
	for _, p := range pipelines {
		t.Cleanup(func() { p.SetState(gst.StateNull) })
		p.SetState(gst.StatePlaying)
	}
}

func TestOthersSeeAtOnceThatAPadIsMutedAndThatItIsNot(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Mute"
	sender, receiver := pair(t, location)
	video := counter(receiver, "video")
	play(t, receiver, sender)
	comes(t, video)
	for medium, source := range map[string]string{"video": "-v0", "audio": "-a0"} {
		pad := sender.GetByName("j").GetStaticPad(medium + "_0")
		for _, muted := range []bool{true, false} {
			pad.SetObjectProperty("mute", muted)
			waitMessage(t, receiver, "jitsi-participant-changed", source, fmt.Sprintf(`muted=(boolean)%v`, muted))
		}
	}
	sender.GetByName("j").GetStaticPad("video_0").SetObjectProperty("mute", true)
	waitMessage(t, receiver, "jitsi-participant-changed", `muted=(boolean)true`)
	sender.GetByName("j").GetStaticPad("video_0").SetObjectProperty("mute", false)
	waitMessage(t, receiver, "jitsi-participant-changed")
	for len(video) > 0 {
		<-video
	}
	comes(t, video)
}

func TestAScreenIsSharedBesideTheCameraAndEnds(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Screen"
	sender, receiver := pair(t, location)
	video := counter(receiver, "video")
	play(t, receiver, sender)
	comes(t, video)
	sink := sender.GetByName("j")
	for range 2 { // once more: the pad's place is free again
		screen, err := gst.ParseBinFromDescription(`videotestsrc is-live=true pattern=snow ! capsfilter caps=video/x-raw,width=160,height=90,framerate=5/1`, true)
		if err != nil {
			t.Fatal(err)
		}
		sender.Add(screen)
		pad := sink.RequestPadSimple("video_1")
		screen.GetStaticPad("src").Link(pad)
		screen.SyncStateWithParent()
		waitMessage(t, receiver, "jitsi-source-added", "-v1", "desktop")
		screen.SetState(gst.StateNull)
		screen.GetStaticPad("src").Unlink(pad)
		sink.ReleaseRequestPad(pad)
		sender.Remove(screen)
		waitMessage(t, receiver, "jitsi-source-removed", "-v1")
	}
	for len(video) > 0 {
		<-video
	}
	comes(t, video)
}

func TestTheTypeOfAVideoIsTold(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Type"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! jitsisink name=j video-type=desktop `+location)
	receiver := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
	play(t, receiver, sender)
	waitMessage(t, receiver, "jitsi-source-added", "-v0", "desktop")
	sender.GetByName("j").SetObjectProperty("video-type", int32(0))
	waitMessage(t, receiver, "jitsi-participant-changed", `muted=(boolean)true`)
}

func TestAnEncoderOfTheApplicationsIsToldWhatTheNetworkCarries(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Target"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 !
		vp8enc name=encoder deadline=1 keyframe-max-dist=10000 ! jitsisink name=j start-bitrate=700000 max-bitrate=900000 `+location)
	receiver := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
	asked := make(chan struct{}, 100)
	sender.GetByName("encoder").GetStaticPad("src").AddProbe(gst.PadProbeTypeEventUpstream, func(_ gst.Pad, info *gst.PadProbeInfo) gst.PadProbeReturn {
		if s := info.GetEvent().GetStructure(); s != nil && s.GetName() == "GstForceKeyUnit" {
			asked <- struct{}{}
		}
		return gst.PadProbeOK
	})
	video := counter(receiver, "video")
	play(t, receiver, sender)
	waitMessage(t, sender, "jitsi-target-bitrate", "700000")
	comes(t, asked)
	comes(t, video)
	element := sender.GetByName("j")
	element.SetObjectProperty("max-bitrate", uint32(300_000))
	waitMessage(t, sender, "jitsi-target-bitrate", "300000")
	if got := element.ObjectProperty("target-bitrate"); got != uint32(300_000) {
		t.Errorf("the property is %v", got)
	}
	if got := element.GetStaticPad("video_0").ObjectProperty("target-bitrate"); got != uint32(300_000) {
		t.Errorf("the pad's property is %v", got)
	}
}

// What follows may be of another codec, and its times may begin elsewhere: those of x264enc do after 1000 hours.
func TestASourceChangesItsCodecAndItsTimes(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Codec"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! tee name=t
		t. ! queue ! vp8enc deadline=1 ! inputs.sink_0   t. ! queue ! x264enc tune=zerolatency ! inputs.sink_1
		input-selector name=inputs sync-streams=false ! jitsisink name=j `+location+`  audiotestsrc is-live=true ! j.`)
	receiver := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video  j.audio_0 ! audio/x-raw ! fakesink name=audio`)
	video, audio := counter(receiver, "video"), counter(receiver, "audio")
	play(t, receiver, sender)
	comes(t, video)
	inputs, pad := sender.GetByName("inputs"), receiver.GetByName("j").GetStaticPad("video_0")
	for _, next := range []struct{ input, codec string }{{"sink_1", "h264"}, {"sink_0", "vp8"}} {
		inputs.SetObjectProperty("active-pad", inputs.GetStaticPad(next.input))
		for deadline := time.Now().Add(patience); pad.ObjectProperty("codec") != next.codec; comes(t, video) {
			if time.Now().After(deadline) {
				t.Fatalf("after %s was chosen %v comes, not %s", next.input, pad.ObjectProperty("codec"), next.codec)
			}
		}
		comes(t, audio)
	}
}

// Raw pictures may be sent in several sizes, encoded ones in one: the source is taken back and announced anew, with the same first SSRC, while
// its packets are on their way.
func TestASourceThatIsAnnouncedAnewIsReceivedOn(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Anew"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=160,height=90,framerate=30/1 ! tee name=t
		t. ! queue ! vp8enc deadline=1 ! inputs.sink_0   t. ! queue ! inputs.sink_1
		input-selector name=inputs sync-streams=false ! jitsisink name=j `+location)
	receiver := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
	video := counter(receiver, "video")
	play(t, receiver, sender)
	comes(t, video)
	inputs := sender.GetByName("inputs")
	for i := range 12 {
		inputs.SetObjectProperty("active-pad", inputs.GetStaticPad(fmt.Sprintf("sink_%d", (i+1)%2)))
		waitMessage(t, receiver, "jitsi-source-removed", "-v0")
		waitMessage(t, receiver, "jitsi-source-added", "-v0")
		comes(t, video)
	}
}

// A file's next picture may be far away, and in PAUSED no time comes.
func TestAPadIsReleasedWhileAPictureWaitsForItsTime(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Release"
	file := filepath.Join(t.TempDir(), "slides.webm")
	made := launch(t, `videotestsrc num-buffers=3 ! video/x-raw,width=160,height=90,framerate=1/300 ! vp8enc deadline=1 ! webmmux ! filesink location=`+file)
	play(t, made)
	if m := made.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageEOS|gst.MessageError); m == nil || m.Type() != gst.MessageEOS {
		t.Fatalf("no file: %v", m)
	}
	for _, state := range []gst.State{gst.StatePlaying, gst.StatePaused} {
		sender := launch(t, `filesrc location=`+file+` ! matroskademux ! identity name=slides ! jitsisink name=j `+location)
		receiver := launch(t, `jitsisrc name=j `+location+` ! video/x-raw ! fakesink name=video`)
		slides, video := counter(sender, "slides"), counter(receiver, "video")
		play(t, receiver, sender)
		comes(t, slides)
		comes(t, slides) // the first one has left
		comes(t, video)
		sender.SetState(state)
		sink, released := sender.GetByName("j"), make(chan struct{})
		go func() {
			defer close(released)
			sink.ReleaseRequestPad(sink.GetStaticPad("video_0"))
		}()
		comes(t, released)
		sender.SetState(gst.StateNull)
		receiver.SetState(gst.StateNull)
	}
}

func TestAMissingEncoderIsToldAsApplicationsExpectIt(t *testing.T) {
	factory := gst.ElementFactoryFind("vp8enc")
	rank := factory.GetRank()
	factory.SetRank(uint(gst.RankNone))
	t.Cleanup(func() { factory.SetRank(rank) })
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Missing"
	sender := launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! jitsisink name=j video-codecs=vp8 `+location)
	receiver := launch(t, `jitsisrc name=j `+location+` ! fakesink`)
	play(t, receiver, sender)
	waitMessage(t, sender, "missing-plugin", "type=(string)encoder", "video/x-vp8")
	m := sender.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageError)
	if m == nil {
		t.Fatal("no error says so")
	}
	debug, posted := m.ParseError()
	got := posted.(*glib.GError)
	if glib.Quark(got.Quark()) != gst.CoreErrorQuark() || got.ErrorCode() != int(gst.CoreErrorMissingPlugin) || !strings.Contains(debug, "video_0") {
		t.Errorf("got %v: %s", got, debug)
	}
}
