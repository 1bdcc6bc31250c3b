package main

import (
	"context"
	"errors"
)

// source is what a case sends: a fragment of a pipeline that ends in elements named audio and video.
type source struct {
	media string
	pay   string // what the baseline does with the pictures instead of sending them
}

// encodedSource plays the film in a loop, as it is, in real time: gst-meet paces nothing by itself.
func encodedSource(st *stage, _ string) source {
	return source{
		media: "splitmuxsrc name=film location=" + st.loop + "/*.mkv film.video_0 ! queue ! clocksync name=video film.audio_0 ! queue ! clocksync name=audio",
		pay:   "rtpvp8pay",
	}
}

// rawSource is a camera's; whom we compare with encodes it as we do.
func rawSource(_ *stage, who string) source {
	picture := "videotestsrc pattern=ball is-live=true ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! "
	encode := "vp8enc deadline=1 cpu-used=8 end-usage=cbr target-bitrate=1500000 keyframe-max-dist=1800 lag-in-frames=0 threads=2 error-resilient=default ! "
	if who == ours {
		return source{media: picture + "queue name=video audiotestsrc is-live=true ! queue name=audio"}
	}
	return source{media: picture + encode + "queue name=video audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc inband-fec=true ! queue name=audio", pay: "rtpvp8pay"}
}

// sender is the command of a contestant that sends.
func (st *stage) sender(who, location string, s source) []string {
	switch who {
	case gstMeet:
		return st.gstMeetCommand(location, "--send-pipeline="+s.media)
	case baseline:
		return launchCommand(s.media + " video. ! " + s.pay + " ! fakesink sync=false async=false audio. ! rtpopuspay ! fakesink sync=false async=false")
	}
	return launchCommand(s.media + " jitsisink name=j simulcast=false location=" + location + " video. ! j.video_0 audio. ! j.audio_0")
}

// sending measures what it costs to send, and that it arrives: a receiver of ours counts it.
func sending(name, about string, media func(*stage, string) source) benchCase {
	return benchCase{name, about, []string{ours, gstMeet, baseline}, func(ctx context.Context, st *stage, who string) (figures, error) {
		location := st.newRoom()
		var judge *client
		if who != baseline {
			var err error
			if judge, err = st.start("receiver", st.receiver(ours, location, 1, false), 2, false); err != nil {
				return nil, err
			}
			defer judge.end()
		}
		c, err := st.start(who, st.sender(who, location, media(st, who)), 0, false)
		if err != nil {
			return nil, err
		}
		defer c.end()
		if judge == nil {
			return st.observe(ctx, c)
		}
		if err := judge.wait(ctx, judge.counting, "count all streams"); err != nil {
			return nil, errors.Join(err, errors.New(c.said()))
		}
		before := judge.snapshot()
		f, err := st.observe(ctx, c)
		if err != nil {
			return nil, err
		}
		rates := judge.rates(before)
		f[framesRate], f[soundRate] = rates["v"], rates["a"]
		return f, nil
	}}
}
