package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// source is what a case sends: a fragment of a pipeline that ends in elements named audio and video.
type source struct {
	media      string
	properties string // of our element
	bare       string // the baseline: the same up to RTP, and no further
}

const thrownAway = " ! fakesink sync=false async=false "

// encodedSource plays the film in a loop, as it is, in real time: gst-meet paces nothing by itself.
func encodedSource(st *stage, _ string) source {
	media := "filesrc location=" + st.longFilm + ".video ! gdpdepay ! queue ! clocksync name=video filesrc location=" + st.longFilm + ".audio ! gdpdepay ! queue ! clocksync name=audio"
	return source{media: media, properties: "simulcast=false", bare: media + " video. ! rtpvp8pay" + thrownAway + "audio. ! rtpopuspay" + thrownAway}
}

// What a camera and a microphone would give.
const (
	camera     = "videotestsrc pattern=zone-plate kx2=3 ky2=3 kt=1 is-live=true ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! "
	microphone = "audiotestsrc is-live=true ! "
	speech     = "audioconvert ! audioresample ! audio/x-raw,channels=1 ! opusenc inband-fec=true packet-loss-percentage=10"
)

// The coarsest quantizer that our element allows for a size beside others, and for one alone.
const (
	beside = 56
	alone  = 63
)

// vp8 encodes as our element does.
func vp8(bitrate, coarsest int) string {
	return fmt.Sprintf("vp8enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=%d threads=1 keyframe-max-dist=1800 lag-in-frames=0 error-resilient=default "+
		"buffer-size=500 buffer-initial-size=300 buffer-optimal-size=400 min-quantizer=2 max-quantizer=%d max-intra-bitrate=600 dropframe-threshold=30", bitrate, coarsest)
}

// rawSource is encoded by the others as we do, at a bitrate that stays.
func rawSource(_ *stage, who string) source {
	s := source{
		media:      camera + "queue name=video " + microphone + "queue name=audio",
		properties: "simulcast=false congestion-control=disabled start-bitrate=1500000",
		bare:       camera + "queue ! " + vp8(1_500_000, alone) + " ! rtpvp8pay" + thrownAway + microphone + "queue ! " + speech + " ! rtpopuspay" + thrownAway,
	}
	if who == gstMeet {
		s.media = camera + vp8(1_500_000, alone) + " ! queue name=video " + microphone + speech + " ! queue name=audio"
	}
	return s
}

// simulcastSource is in three sizes.
func simulcastSource(*stage, string) source {
	var layers strings.Builder
	for _, layer := range []struct{ width, height, bitrate int }{{320, 180, 200_000}, {640, 360, 500_000}} {
		fmt.Fprintf(&layers, "camera. ! queue ! videoscale ! video/x-raw,width=%d,height=%d ! %s ! rtpvp8pay%s",
			layer.width, layer.height, vp8(layer.bitrate, beside), thrownAway)
	}
	return source{
		media:      camera + "queue name=video " + microphone + "queue name=audio",
		properties: "congestion-control=disabled start-bitrate=2200000",
		bare: camera + "tee name=camera " + layers.String() + "camera. ! queue ! " + vp8(1_500_000, beside) + " ! rtpvp8pay" + thrownAway +
			microphone + "queue ! " + speech + " ! rtpopuspay" + thrownAway,
	}
}

// sender is the command of a contestant that sends.
func (st *stage) sender(who, location string, s source) []string {
	switch who {
	case gstMeet:
		return st.gstMeetCommand(location, "--send-pipeline="+s.media)
	case baseline:
		return launchCommand(s.bare)
	}
	command := s.media + " jitsisink name=j " + s.properties + " " + st.properties + " location=" + location + " video. ! j.video_0"
	if strings.Contains(s.media, "name=audio") {
		command += " audio. ! j.audio_0"
	}
	return launchCommand(command)
}

// sending measures what it costs to send, and that it arrives: a receiver of ours counts it.
func sending(name, about string, media func(*stage, string) source) benchCase {
	contestants := []string{ours, gstMeet, baseline}
	if strings.HasSuffix(name, "simulcast") {
		contestants = []string{ours, baseline}
	}
	return benchCase{name: name, about: about, contestants: contestants, run: func(ctx context.Context, st *stage, who string) (figures, error) {
		location := st.newRoom()
		s := media(st, who)
		if who == baseline {
			c, err := st.start(who, st.sender(who, location, s), 0, false)
			if err != nil {
				return nil, err
			}
			defer c.end()
			return st.observe(ctx, c)
		}
		judge, err := st.start("receiver", st.receiver(ours, location, 1, false), 2, false)
		if err != nil {
			return nil, err
		}
		defer judge.end()
		c, err := st.start(who, st.sender(who, location, s), 0, false)
		if err != nil {
			return nil, err
		}
		defer c.end()
		if err := judge.wait(ctx, judge.counting, "count all streams"); err != nil {
			return nil, errors.Join(err, errors.New(c.said()))
		}
		before := judge.snapshot()
		f, err := st.observe(ctx, c)
		if err != nil {
			return nil, err
		}
		rates := judge.rates(before)
		f[framesRate], f[soundRate], f[soundLost] = rates["v"], rates["a"], lost(rates["a"], 1)
		return f, nil
	}}
}
