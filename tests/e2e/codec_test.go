package e2e

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
	"gstjitsi/tests/robot"
)

// encoders make what a web client sends of a codec: no look-ahead, parameter sets in the stream.
var encoders = map[string]string{
	"vp8":  `vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60`,
	"vp9":  `vp9enc deadline=1 cpu-used=8 keyframe-max-dist=60`,
	"h264": `openh264enc complexity=low gop-size=60 ! h264parse config-interval=-1 ! video/x-h264,stream-format=avc3`,
	"av1":  `av1enc usage-profile=realtime cpu-used=10 keyframe-max-dist=60 ! av1parse`,
}

// matroskaNames of the codecs.
var matroskaNames = map[string]string{"vp8": "V_VP8", "vp9": "V_VP9", "h264": "V_MPEG4/ISO/AVC", "av1": "V_AV1"}

// film encodes two seconds of a colour and a tone.
func (r *room) film(codec, colour string, hertz int, size string) *robot.Film {
	r.t.Helper()
	file := filepath.Join(r.t.TempDir(), codec+".mkv")
	p, err := launch.Start(launch.Options{Name: codec + " film", Pipeline: fmt.Sprintf("videotestsrc pattern=%s num-buffers=30 ! "+
		"video/x-raw,format=I420,%s,framerate=15/1 ! %s ! mux. "+
		"audiotestsrc freq=%d volume=0.5 num-buffers=100 samplesperbuffer=960 ! audio/x-raw,rate=48000 ! opusenc ! mux. "+
		"matroskamux name=mux ! filesink location=%s", colour, size, encoders[codec], hertz, file)})
	if err != nil {
		r.t.Fatal(err)
	}
	if code, err := p.Wait(r.ctx); err != nil || code != 0 {
		r.t.Fatalf("encode %s: code %d, %v\n%s", codec, code, err, p.Output())
	}
	film, err := robot.ReadFilm(file)
	if err != nil {
		r.t.Fatal(err)
	}
	return film
}

const smallSize = "width=320,height=180"

// plays joins a participant without GStreamer who plays a film.
func (r *room) plays(name string, film *robot.Film) *robot.Robot {
	r.t.Helper()
	p, err := robot.Join(r.ctx, robot.Options{
		Location: r.server.URL() + "/" + r.name, Address: netip.MustParseAddr("127.0.0.1"), Nick: name, Film: film,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.joined++
	r.t.Cleanup(func() { p.Leave() })
	return p
}

// av1Plugin is where `make av1-plugin` puts gst-plugins-rs' payloaders.
const av1Plugin = "../../.av1"

// withAV1 adds the plugin to what gst-launch finds.
func withAV1(t *testing.T) []string {
	t.Helper()
	dir, err := filepath.Abs(av1Plugin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "libgstrsrtp.so")); err != nil {
		t.Skip("no payloaders for AV1: `make av1-plugin` builds them")
	}
	build, err := filepath.Abs("../../build")
	if err != nil {
		t.Fatal(err)
	}
	return []string{"GST_PLUGIN_PATH=" + build + ":" + dir, "GST_REGISTRY=" + filepath.Join(dir, "registry.bin")}
}

func TestEveryCodecIsDecodedAndRecordedAsItCame(t *testing.T) {
	t.Parallel()
	for _, codec := range []string{"vp9", "h264", "av1"} {
		t.Run(codec, func(t *testing.T) {
			var env []string
			if codec == "av1" {
				env = withAV1(t)
			}
			room, dir := newRoom(t), t.TempDir()
			sender := room.plays(codec, room.film(codec, "red", 440, smallSize))
			receiver := room.joinWith(launch.Options{Name: "receiver", Dir: dir, Env: env, Flags: []string{"-e"},
				Pipeline: fmt.Sprintf(`jitsisrc name=j {room}  j.video_%s ! queue ! {pictures}
					j.video_%[1]s-v0 ! queue ! mux.  j.audio_%[1]s ! queue ! mux.
					matroskamux name=mux ! filesink location=recording.mkv buffer-mode=unbuffered`, sender.ID())})
			receiver.shows(0, "red")
			file := filepath.Join(dir, "recording.mkv")
			receiver.recorded(file, matroskaNames[codec], 2*time.Second)
			receiver.leave()
			recording, err := media.ReadMatroska(file)
			if err != nil {
				t.Fatal(err)
			}
			track, err := recording.Track(matroskaNames[codec])
			if err != nil || track.Width != 320 || track.Height != 180 || !recording.Finalised || !track.Frames[0].Key {
				t.Errorf("%+v: %v", track, err)
			}
			decoded, err := media.Decode(room.ctx, file)
			if err != nil {
				t.Fatal(err)
			}
			if kind := decoded.Pictures[len(decoded.Pictures)-1].Kind(); kind != "red" {
				t.Errorf("the recording's last picture is %s", kind)
			}
		})
	}
}

// Web clients change the codec in mid-call, when somebody comes who lacks it, on the same SSRC: only the payload type tells.
func TestASenderChangesItsCodecInMidCall(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.plays("sender", room.film("vp8", "red", 440, smallSize))
	receiver := room.join("receiver", `jitsisrc name=j {room}  j.video_0 ! queue ! {pictures}  j.audio_0 ! queue ! {sound}`)
	receiver.shows(0, "red")
	for _, next := range []struct{ codec, colour, size string }{
		{"h264", "blue", smallSize},
		{"vp8", "green", smallSize}, // the payload type that was there first
		{"vp8", "red", "width=640,height=360"},
		{"vp9", "blue", smallSize},
	} {
		sender.Play(room.film(next.codec, next.colour, 440, next.size))
		receiver.shows(0, next.colour)
	}
	receiver.sounds(0, 440)
}

// Browsers share screens as AV1 whatever our list of codecs says.
func TestAV1WithoutItsPluginIsReportedAndHarmsNothing(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	sender := room.plays("sender", room.film("av1", "red", 440, smallSize))
	room.join("other", sink("blue", 660))
	receiver := room.join("receiver", fmt.Sprintf(`jitsisrc name=j {room}  j.video_%s ! video/x-raw ! fakesink async=false
		j.audio_%[1]s ! queue ! {sound}  j.video_0 ! queue ! {pictures}  j.audio_0 ! queue ! {sound}`, sender.ID()))
	if _, err := receiver.WaitMessage(room.ctx, 0, "missing-plugin", "detail=rtpav1depay"); err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("source " + sender.ID() + "-v0 of participant " + sender.ID() + ".*rtpav1depay")
	if _, err := receiver.WaitLine(room.ctx, 0, named); err != nil {
		t.Error(err)
	}
	receiver.sounds(0, 440)
	receiver.shows(0, "blue")
	receiver.sounds(1, 660)
}

func TestAPeerThatTakesRTPGetsItAsItCame(t *testing.T) {
	t.Parallel()
	room := newRoom(t)
	room.plays("sender", room.film("vp8", "red", 440, smallSize))
	receiver := room.join("receiver", `jitsisrc name=j {room}  j.video_0 ! application/x-rtp,encoding-name=VP8 ! rtpvp8depay ! vp8dec ! {pictures}`)
	receiver.shows(0, "red")
}

// What comes before its source is known is lost.
func TestAKeyFrameIsAskedForWhereTheFirstOneWasLost(t *testing.T) {
	t.Parallel()
	room := newRoomWith(t, deployment.Options{WithheldPackets: 5})
	viewer := room.join("viewer", receiver)
	sender := room.plays("sender", room.film("h264", "red", 440, smallSize))
	room.waitEvent("a request for a key frame", func(e events.Event) bool {
		return e.Kind == events.KeyFrameAsked && e.Source == sender.ID()+"-v0" && e.Receiver == viewer.id
	})
	viewer.shows(0, "red")
}
