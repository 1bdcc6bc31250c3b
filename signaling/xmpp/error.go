package xmpp

import (
	"encoding/xml"
	"fmt"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/stanza"
)

// Error is the error of a stanza (RFC 6120 section 8.3): the condition and the text that came with it.
type Error struct {
	Type      stanza.ErrorType
	Condition stanza.Condition
	Text      string
	App       xml.Name // application-specific condition of an error that we send
}

func newError(e stanza.Error) *Error {
	out := &Error{Type: e.Type, Condition: e.Condition}
	if out.Condition == "" {
		out.Condition = stanza.UndefinedCondition
	}
	for lang, text := range e.Text {
		if out.Text == "" || lang == "" || lang == "en" {
			out.Text = text
		}
	}
	return out
}

func (e *Error) Error() string {
	if e.Text == "" {
		return string(e.Condition)
	}
	return fmt.Sprintf("%s (%s)", e.Condition, e.Text)
}

// MarshalXML writes the error element.
func (e *Error) MarshalXML(enc *xml.Encoder, _ xml.StartElement) error {
	out := stanza.Error{Type: e.Type, Condition: e.Condition}
	if e.Text != "" {
		out.Text = map[string]string{"": e.Text}
	}
	var app xml.TokenReader
	if e.App.Local != "" {
		app = xmlstream.Wrap(nil, xml.StartElement{Name: e.App})
	}
	if _, err := xmlstream.Copy(enc, out.Wrap(app)); err != nil {
		return fmt.Errorf("write stanza error: %w", err)
	}
	return nil
}

// StreamError is the end of the stream by the server (RFC 6120 section 4.9).
type StreamError struct {
	Condition string // host-unknown, conflict, policy-violation, …
	Text      string
}

func (e *StreamError) Error() string {
	if e.Text == "" {
		return "stream error " + e.Condition
	}
	return fmt.Sprintf("stream error %s (%s)", e.Condition, e.Text)
}

func parseStreamError(data []byte) *StreamError {
	const ns = "urn:ietf:params:xml:ns:xmpp-streams"
	var in struct {
		Text string `xml:"urn:ietf:params:xml:ns:xmpp-streams text"`
		Any  []struct {
			XMLName xml.Name
		} `xml:",any"`
	}
	e := &StreamError{Condition: "undefined-condition"}
	if err := xml.Unmarshal(data, &in); err != nil {
		return e
	}
	e.Text = in.Text
	for _, child := range in.Any {
		if child.XMLName.Space == ns {
			e.Condition = child.XMLName.Local
		}
	}
	return e
}

// AuthError is a refused or impossible authentication.
type AuthError struct {
	Condition string // of RFC 6120 section 6.5, empty where the server was not asked
	Text      string
}

func (e *AuthError) Error() string {
	switch {
	case e.Condition == "":
		return e.Text
	case e.Text == "":
		return e.Condition
	}
	return fmt.Sprintf("%s (%s)", e.Condition, e.Text)
}
