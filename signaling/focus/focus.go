// Package focus is the request that makes the focus come to a room, and its answer: what a client says before it
// joins. Both have a form in XML, for the focus' XMPP component, and one in JSON, for POST /conference-request/v1.
// They say the same, so that whoever asks needs not care which way it went; refusals are *xmpp.Error either way.
package focus

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"mellium.im/xmpp/jid"
)

// NS is the namespace of the request.
const NS = "http://jitsi.org/protocol/focus"

// Request asks for a conference.
type Request struct {
	Room       jid.JID
	MachineUID string            // tells devices of one user apart
	SessionID  string            // of an earlier authentication by the focus
	Token      string            // JWT, told to the focus by XMPP; over HTTP it is in the header
	Properties map[string]string // rtcstatsEnabled, visitors-version, …
}

type property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// MarshalXML writes the payload of the IQ.
func (r Request) MarshalXML(enc *xml.Encoder, _ xml.StartElement) error {
	out := struct {
		XMLName    xml.Name   `xml:"http://jitsi.org/protocol/focus conference"`
		MachineUID string     `xml:"machine-uid,attr,omitempty"`
		Room       string     `xml:"room,attr"`
		SessionID  string     `xml:"session-id,attr,omitempty"`
		Token      string     `xml:"token,attr,omitempty"`
		Properties []property `xml:"property"`
	}{MachineUID: r.MachineUID, Room: r.Room.String(), SessionID: r.SessionID, Token: r.Token}
	for _, name := range slices.Sorted(maps.Keys(r.Properties)) {
		out.Properties = append(out.Properties, property{name, r.Properties[name]})
	}
	if err := enc.Encode(out); err != nil {
		return fmt.Errorf("encode conference request: %w", err)
	}
	return nil
}

// MarshalJSON writes the body of the HTTP request.
func (r Request) MarshalJSON() ([]byte, error) {
	data, err := json.Marshal(struct {
		Room       string            `json:"room"`
		MachineUID string            `json:"machineUid,omitempty"`
		SessionID  string            `json:"sessionId,omitempty"`
		Properties map[string]string `json:"properties,omitempty"`
	}{r.Room.String(), r.MachineUID, r.SessionID, r.Properties})
	if err != nil {
		return nil, fmt.Errorf("encode conference request: %w", err)
	}
	return data, nil
}

// Answer is what the focus says to it.
type Answer struct {
	Ready      bool    // the focus is in the room, which can be joined; otherwise ask again
	FocusJID   jid.JID // the account that the focus is in the room with; zero where it doesn't say
	VNode      string  // id of the server for visitors that we are to go to, usually empty
	SessionID  string  // for later requests
	Identity   string  // as whom the focus knows us
	Properties map[string]string
}

// Authentication says whether the focus wants users to log in before they may open rooms.
func (a *Answer) Authentication() bool { return a.Properties["authentication"] == "true" }

// VisitorsSupported says whether the conference takes visitors.
func (a *Answer) VisitorsSupported() bool { return a.Properties["visitors-supported"] == "true" }

// Live is false where a conference with visitors has not begun.
func (a *Answer) Live() bool { return a.Properties["live"] != "false" }

// UnmarshalXML reads the <conference> of the answer.
func (a *Answer) UnmarshalXML(dec *xml.Decoder, start xml.StartElement) error {
	var in struct {
		Ready      string     `xml:"ready,attr"`
		FocusJID   string     `xml:"focusjid,attr"`
		VNode      string     `xml:"vnode,attr"`
		SessionID  string     `xml:"session-id,attr"`
		Identity   string     `xml:"identity,attr"`
		Properties []property `xml:"property"`
	}
	if err := dec.DecodeElement(&in, &start); err != nil {
		return fmt.Errorf("decode the focus' answer: %w", err)
	}
	*a = Answer{Ready: in.Ready == "true", VNode: in.VNode, SessionID: in.SessionID, Identity: in.Identity, Properties: map[string]string{}}
	for _, p := range in.Properties {
		a.Properties[p.Name] = p.Value
	}
	return a.check(in.FocusJID)
}

// UnmarshalJSON reads the body of the HTTP answer, where properties may be booleans and numbers, too.
func (a *Answer) UnmarshalJSON(data []byte) error {
	var in struct {
		Ready      bool           `json:"ready"`
		FocusJID   string         `json:"focusJid"`
		VNode      string         `json:"vnode"`
		SessionID  string         `json:"sessionId"`
		Identity   string         `json:"identity"`
		Properties map[string]any `json:"properties"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("decode the focus' answer: %w", err)
	}
	*a = Answer{Ready: in.Ready, VNode: in.VNode, SessionID: in.SessionID, Identity: in.Identity, Properties: map[string]string{}}
	for name, value := range in.Properties {
		a.Properties[name] = fmt.Sprint(value)
	}
	return a.check(in.FocusJID)
}

// vnode becomes a label of domains and a part of URLs.
var vnode = regexp.MustCompile(`^[A-Za-z0-9_-]{0,63}$`)

func (a *Answer) check(focus string) error {
	if !vnode.MatchString(a.VNode) {
		return fmt.Errorf("the focus sends us to %.80q, which is no server's name", a.VNode)
	}
	if focus == "" {
		return nil
	}
	var err error
	if a.FocusJID, err = jid.Parse(focus); err != nil {
		return fmt.Errorf("the focus' address %.80q: %w", focus, err)
	}
	return nil
}
