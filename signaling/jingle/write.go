package jingle

import (
	"encoding/xml"
	"fmt"
	"net/netip"
	"strconv"
)

// Payload is a Jingle message on its way out: the payload of an IQ of type set. It marshals by encoding/xml.
type Payload *wireJingle

// Header says which session a message is about.
type Header struct {
	SID       string
	Initiator string // room@muc/focus, as clients write it
	Responder string // our full JID
}

func (h Header) jingle(action string) *wireJingle {
	return &wireJingle{Action: action, SID: h.SID, Initiator: h.Initiator}
}

// EncodeAccept is the answer to a SessionInitiate.
func EncodeAccept(h Header, a SessionAccept) Payload {
	j := h.jingle("session-accept")
	j.Responder = h.Responder
	j.Group = &wireGroup{Semantics: "BUNDLE"}
	for _, description := range []Description{a.Audio, a.Video} {
		if len(description.PayloadTypes) == 0 {
			continue
		}
		content := acceptContent(description, a)
		j.Contents = append(j.Contents, content)
		j.Group.Contents = append(j.Group.Contents, wireContentName{Name: content.Name})
	}
	return j
}

// acceptContent names the senders as lib-jitsi-meet does: "both" where we send something of this medium, else
// "responder" (b-recvonly).
func acceptContent(d Description, a SessionAccept) wireContent {
	description := encodeDescription(d)
	senders := "responder"
	if encodeSources(description, a.Sources, d.Media) {
		senders = "both"
	}
	return wireContent{
		Creator: "responder", Name: string(d.Media), Senders: senders,
		Description: description, Transport: encodeTransport(a.Transport, 0),
	}
}

// EncodeSourceAdd announces further sources of ours.
func EncodeSourceAdd(h Header, sources []LocalSource) Payload {
	return encodeSourceChange(h.jingle("source-add"), sources)
}

// EncodeSourceRemove takes sources of ours back.
func EncodeSourceRemove(h Header, sources []LocalSource) Payload {
	return encodeSourceChange(h.jingle("source-remove"), sources)
}

func encodeSourceChange(j *wireJingle, sources []LocalSource) Payload {
	for _, media := range []Media{Audio, Video} {
		d := &wireDescription{Media: string(media)}
		if encodeSources(d, sources, media) {
			j.Contents = append(j.Contents, wireContent{Name: string(media), Description: d})
		}
	}
	return j
}

// Termination is why we end a session.
type Termination struct {
	Reason          string // success, connectivity-error, …
	Text            string
	BridgeSessionID string // of the offer
	Restart         bool   // asks the focus for a new session
}

// EncodeTerminate ends a session.
func EncodeTerminate(h Header, t Termination) Payload {
	j := h.jingle("session-terminate")
	j.Reason = &wireReason{Condition: []wireName{{xml.Name{Local: t.Reason}}}, Text: t.Text}
	if t.BridgeSessionID != "" {
		j.Bridge = &wireBridge{ID: t.BridgeSessionID}
		if t.Restart {
			j.Bridge.Restart = "true"
		}
	}
	return j
}

// EncodeTransportInfo sends our transport, for an ICE restart or for further candidates.
func EncodeTransportInfo(h Header, t Transport, generation uint) Payload {
	j := h.jingle("transport-info")
	for _, media := range []Media{Audio, Video} {
		j.Contents = append(j.Contents, wireContent{
			Creator: "responder", Name: string(media), Transport: encodeTransport(t, generation),
		})
	}
	return j
}

func encodeDescription(d Description) *wireDescription {
	out := &wireDescription{Media: string(d.Media), RTCPMux: &struct{}{}}
	for _, pt := range d.PayloadTypes {
		out.PayloadTypes = append(out.PayloadTypes, encodePayloadType(pt))
	}
	for _, e := range d.HeaderExtensions {
		out.HeaderExtensions = append(out.HeaderExtensions, wireHdrext{ID: strconv.Itoa(int(e.ID)), URI: e.URI})
	}
	if d.ExtmapAllowMixed {
		out.ExtmapAllowMixed = &struct{}{}
	}
	return out
}

func encodePayloadType(pt PayloadType) wirePayloadType {
	out := wirePayloadType{
		ID: strconv.Itoa(int(pt.ID)), Name: pt.Name, ClockRate: strconv.FormatUint(uint64(pt.ClockRate), 10),
		Channels: strconv.Itoa(int(max(pt.Channels, 1))),
	}
	for _, p := range pt.Parameters {
		out.Parameters = append(out.Parameters, wireParameter(p))
	}
	for _, f := range pt.Feedback {
		out.Feedback = append(out.Feedback, wireFeedback{Type: f.Type, Subtype: f.Subtype})
	}
	return out
}

func encodeTransport(t Transport, generation uint) *wireTransport {
	out := &wireTransport{Ufrag: t.Ufrag, Pwd: t.Pwd}
	if generation > 0 {
		out.Generation = strconv.FormatUint(uint64(generation), 10)
	}
	if f := t.Fingerprint; f.Value != "" {
		out.Fingerprint = &wireFingerprint{Hash: f.Hash, Setup: f.Setup, Value: f.Value}
	}
	for i, c := range t.Candidates {
		out.Candidates = append(out.Candidates, encodeCandidate(c, i))
	}
	return out
}

func encodeCandidate(c Candidate, index int) wireCandidate {
	out := wireCandidate{
		Component: strconv.Itoa(int(c.Component)), Foundation: c.Foundation,
		Generation: strconv.FormatUint(uint64(c.Generation), 10), ID: fmt.Sprintf("c%d", index+1),
		IP: c.Addr.Addr().String(), Network: "0", Port: strconv.Itoa(int(c.Addr.Port())),
		Priority: strconv.FormatUint(uint64(c.Priority), 10), Protocol: c.Protocol, Type: c.Type,
	}
	if c.Related != (netip.AddrPort{}) {
		out.RelAddr, out.RelPort = c.Related.Addr().String(), strconv.Itoa(int(c.Related.Port()))
	}
	return out
}
