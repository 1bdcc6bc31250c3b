package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"
	"github.com/go-gst/go-gst/pkg/gstsdp"
	"github.com/go-gst/go-gst/pkg/gstwebrtc"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
)

// negotiationLimit bounds the wait for webrtcbin's own thread. The wait must not be cut short: webrtcbin that goes to
// READY while it works on a description leaks its sockets and threads.
const negotiationLimit = time.Minute

// Negotiate gives webrtcbin the offer and makes our answer to the focus. No candidates go into it: the bridge
// learns them as peer-reflexive ones, and nothing waits for gathering.
func (t *Transport) Negotiate() (jingle.SessionAccept, error) {
	options := sdp.Options{Codecs: append([]string{"opus"}, t.cfg.VideoCodecs...), VideoSenders: 1}
	if t.cfg.Send {
		options.VideoSenders = len(t.senders) - 1 // all but the microphone's
	}
	offer, err := sdp.Offer(t.cfg.Offer, options)
	if err != nil {
		return jingle.SessionAccept{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), negotiationLimit)
	defer cancel()
	text, err := t.answer(ctx, offer)
	t.settle()
	if err != nil {
		return jingle.SessionAccept{}, err
	}
	answer, err := sdp.ParseAnswer(text)
	if err != nil {
		return jingle.SessionAccept{}, err
	}
	for _, s := range t.senders {
		s.rtx = answer.RTX[s.ssrc]
	}
	fingerprint := t.local
	fingerprint.Setup = answer.Setup
	return jingle.SessionAccept{
		Audio:     t.takeAudio(options),
		Video:     sdp.Take(t.cfg.Offer.Video, options),
		Transport: jingle.Transport{Ufrag: answer.Ufrag, Pwd: answer.Pwd, Fingerprint: fingerprint},
	}, nil
}

// redundantAudio is the encoding name of RFC 2198.
const redundantAudio = "red"

// takeAudio adds what RFC 7587 has for two channels.
func (t *Transport) takeAudio(options sdp.Options) jingle.Description {
	options.Codecs = append(slices.Clone(options.Codecs), redundantAudio) // which webrtcbin never sees: see onJitterBuffer
	taken := sdp.Take(t.cfg.Offer.Audio, options)
	if !t.cfg.Stereo {
		return taken
	}
	for i := range taken.PayloadTypes {
		if pt := &taken.PayloadTypes[i]; strings.EqualFold(pt.Name, "opus") {
			pt.Parameters = append(slices.Clone(pt.Parameters), jingle.Parameter{Name: "stereo", Value: "1"}, jingle.Parameter{Name: "sprop-stereo", Value: "1"})
		}
	}
	return taken
}

func (t *Transport) answer(ctx context.Context, offer string) (string, error) {
	remote, err := description(gstwebrtc.WebrtcSdpTypeOffer, offer)
	if err != nil {
		return "", err
	}
	if _, err := t.call(ctx, "set-remote-description", remote); err != nil {
		return "", err
	}
	reply, err := t.call(ctx, "create-answer", (*gst.Structure)(nil))
	if err != nil {
		return "", err
	}
	answer, ok := reply.GetValue("answer").(*gstwebrtc.WebRTCSessionDescription)
	if !ok {
		return "", errors.New("webrtcbin made no answer")
	}
	if _, err := t.call(ctx, "set-local-description", answer); err != nil {
		return "", err
	}
	return answer.GetSDP().AsText(), nil
}

func description(kind gstwebrtc.WebRTCSDPType, text string) (*gstwebrtc.WebRTCSessionDescription, error) {
	message, result := gstsdp.NewSDPMessageFromText(text)
	if result != gstsdp.SdpOK {
		return nil, fmt.Errorf("GStreamer can't parse the session description: %v", result)
	}
	return gstwebrtc.NewWebRTCSessionDescription(kind, message), nil
}

// call emits an action signal of webrtcbin that answers by a promise.
func (t *Transport) call(ctx context.Context, signal string, arg any) (*gst.Structure, error) {
	promise := gst.NewPromise()
	t.webrtc.Emit(signal, arg, promise)
	reply, err := promise.Await(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", signal, err)
	}
	if reply == nil {
		return nil, nil
	}
	if reply.HasField("error") {
		return nil, fmt.Errorf("%s: %s", signal, reply.String())
	}
	return reply, nil
}

// AddCandidates gives further candidates of the bridge to ICE.
func (t *Transport) AddCandidates(candidates []jingle.Candidate) {
	for _, c := range candidates {
		if line, ok := sdp.CandidateLine(c); ok {
			t.webrtc.Emit("add-ice-candidate", uint32(0), line)
		}
	}
}

// payloadType finds a codec in the offer by its lower-case encoding name.
func (t *Transport) payloadType(media jingle.Media, codec string) (jingle.PayloadType, bool) {
	d := t.describe(media)
	i := slices.IndexFunc(d.PayloadTypes, func(pt jingle.PayloadType) bool { return strings.EqualFold(pt.Name, codec) })
	if i < 0 {
		return jingle.PayloadType{}, false
	}
	return d.PayloadTypes[i], true
}

func (t *Transport) describe(media jingle.Media) jingle.Description {
	if media == jingle.Audio {
		return t.cfg.Offer.Audio
	}
	return t.cfg.Offer.Video
}
