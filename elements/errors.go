package elements

import (
	"errors"
	"fmt"

	"github.com/go-gst/go-glib/pkg/glib/v2"
	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
	"gstjitsi/elements/media"
	"gstjitsi/elements/transport"
	"gstjitsi/signaling/conference"
	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/sdp"
	"gstjitsi/signaling/ws"
)

// failure is what an error looks like to a GStreamer application.
type failure struct {
	domain glib.Quark
	code   int32
	text   string
}

func resource(code gst.ResourceError, text string) failure {
	return failure{gst.ResourceErrorQuark(), int32(code), text}
}

func conferenceFailure(reason conference.Reason) failure {
	switch reason {
	case conference.Unreachable:
		return resource(gst.ResourceErrorOpenReadWrite, "The Jitsi server can't be reached.")
	case conference.TLSFailure:
		return resource(gst.ResourceErrorOpenReadWrite, "The Jitsi server's TLS certificate can't be trusted.")
	case conference.NotAuthorized:
		return resource(gst.ResourceErrorNotAuthorized, "The Jitsi server refused the credentials.")
	case conference.RoomLocked:
		return resource(gst.ResourceErrorNotAuthorized, "The room is locked by a password.")
	case conference.MembersOnly:
		return resource(gst.ResourceErrorNotAuthorized, "The room is for members only.")
	case conference.RoomFull:
		return resource(gst.ResourceErrorBusy, "The room is full.")
	case conference.RoomNotFound:
		return resource(gst.ResourceErrorNotFound, "The room does not exist on this Jitsi server.")
	case conference.FocusNotReady:
		return resource(gst.ResourceErrorNotFound, "The Jitsi server's focus is not ready.")
	case conference.NickConflict:
		return resource(gst.ResourceErrorBusy, "Our endpoint id is taken.")
	case conference.Kicked:
		return resource(gst.ResourceErrorClose, "We were kicked out of the conference.")
	case conference.ConferenceEnded:
		return resource(gst.ResourceErrorClose, "The conference was ended.")
	case conference.ConnectionLost:
		return resource(gst.ResourceErrorRead, "The connection to the Jitsi server was lost and could not be restored in time.")
	}
	return resource(gst.ResourceErrorFailed, "The conference failed.")
}

func (e *element) post(f failure, debug string) {
	e.MessageError(f.domain, f.code, f.text, debug)
}

func (e *element) postConferenceError(err error) {
	var ce *conference.Error
	if errors.As(err, &ce) {
		e.post(conferenceFailure(ce.Reason), ce.Error())
		return
	}
	e.post(conferenceFailure(0), err.Error())
}

func (e *element) postSettingsError(err error) {
	var missing *media.MissingElementError
	if errors.As(err, &missing) {
		e.postMediaError(err, "properties")
		return
	}
	e.post(resource(gst.ResourceErrorSettings, "A property is missing or malformed."), err.Error())
}

// postMediaError reports what makes a session impossible; where names the pad, session or element.
func (e *element) postMediaError(err error, where string) {
	debug := fmt.Sprintf("%s: %v", where, err)
	var fingerprint *transport.FingerprintError
	var missing *media.MissingElementError
	switch {
	case errors.As(err, &fingerprint):
		e.post(resource(gst.ResourceErrorNotAuthorized, "The bridge is not the one that was announced."), debug)
	case errors.As(err, &missing):
		e.postMissingPlugin(missing)
		e.post(failure{gst.CoreErrorQuark(), int32(gst.CoreErrorMissingPlugin), "A GStreamer plugin is missing."}, debug)
	case errors.Is(err, sdp.ErrNoCommonCodec):
		for _, cause := range e.missingCodecs() {
			if errors.As(cause, &missing) {
				e.postMissingPlugin(missing)
			}
		}
		e.post(failure{gst.StreamErrorQuark(), int32(gst.StreamErrorCodecNotFound), "We and the conference have no codec in common."}, debug)
	default:
		e.post(failure{gst.StreamErrorQuark(), int32(gst.StreamErrorFormat), "The media can't be sent or received."}, debug)
	}
}

// postVain reports a bridge with which no media or no messages could be exchanged from the start.
func (e *element) postVain(connected bool, bridge jingle.Transport, relayOnly bool) {
	var debug string
	switch {
	case connected:
		debug = "the bridge channel does not open: " + ws.Redact(bridge.WebSocketURL)
	default:
		debug = "no media connection to the bridge at"
		for _, candidate := range bridge.Candidates {
			debug += " " + candidate.Addr.String()
		}
		if relayOnly {
			debug += ", over TURN servers alone"
		}
	}
	e.post(resource(gst.ResourceErrorOpenReadWrite, "The Jitsi server's bridge can't be reached."), debug)
}

// postMissingPlugin tells of what is not installed as applications expect it that offer to install it.
func (e *element) postMissingPlugin(missing *media.MissingElementError) {
	fields := map[string]any{"type": "element", "detail": missing.Factory, "name": "GStreamer element " + missing.Factory}
	switch {
	case missing.Encodes != "":
		fields = map[string]any{"type": "encoder", "detail": gst.CapsFromString(missing.Encodes), "name": missing.Purpose}
	case missing.Factory == "":
		return
	}
	e.PostMessage(gst.NewMessageElement(e, structure("missing-plugin", fields)))
}

// missingCodecs are reasons why codecs of video-codecs are not used.
func (e *element) missingCodecs() []error {
	e.mu.Lock()
	defer e.mu.Unlock()
	names, err := media.ParseNames(jingle.Video, e.settings.videoCodecs)
	if err != nil {
		return nil
	}
	_, missing := media.Usable(names)
	return missing
}

// warnStream reports a stream that can't be received; the others go on.
func (e *element) warnStream(s *transport.Stream, cause error) {
	gstx.Log.Logf(gst.LevelWarning, e, "can't receive %s: %v", s.Source.Name, cause)
	var missing *media.MissingElementError
	if errors.As(cause, &missing) {
		e.postMissingPlugin(missing)
	}
	e.warn(fmt.Sprintf("source %s of participant %s: %v", s.Source.Name, s.Source.Endpoint, cause))
}

// warn posts a warning about something that is received, or should be.
func (e *element) warn(debug string) {
	e.warnOf(failure{gst.StreamErrorQuark(), int32(gst.StreamErrorDecode), "A stream can't be received."}, debug)
}

// warnOf posts what is no error yet.
func (e *element) warnOf(f failure, debug string) {
	e.MessageFull(gst.MessageWarning, f.domain, f.code, f.text, debug, "", "", 0)
}
