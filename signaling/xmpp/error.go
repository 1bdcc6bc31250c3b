package xmpp

import (
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"mellium.im/xmlstream"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/ws"
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

	host string // of see-other-host
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
			Text    string `xml:",chardata"`
		} `xml:",any"`
	}
	e := &StreamError{Condition: "undefined-condition"}
	if err := xml.Unmarshal(data, &in); err != nil {
		return e
	}
	e.Text = in.Text
	for _, child := range in.Any {
		if child.XMLName.Space == ns {
			e.Condition, e.host = child.XMLName.Local, strings.TrimSpace(child.Text)
		}
	}
	return e
}

// RedirectError is a server that wants us to go to another one (RFC 7395 section 3.6.1, RFC 6120 section 4.9.3.19).
type RedirectError struct {
	URL string // ws or wss; never without TLS where the present one has it
}

func (e *RedirectError) Error() string { return "the server sends us to " + ws.Redact(e.URL) }

// redirectTo is where a server at from sends us: to a URL or to a host with or without a port. Whoever came by TLS is not
// led away from it.
func redirectTo(from, to string) error {
	old, err := url.Parse(from)
	if err != nil {
		return errors.New("the server sends us elsewhere")
	}
	target := *old
	if strings.Contains(to, "://") {
		u, err := url.Parse(to)
		if err != nil {
			return errors.New("the server sends us to what is no URL")
		}
		target = *u
	} else {
		target.Host = to
		if u, err := url.Parse("//" + to); err == nil && u.Port() == "" && old.Port() != "" {
			target.Host = net.JoinHostPort(u.Hostname(), old.Port())
		}
	}
	e := &RedirectError{URL: target.String()}
	if u, err := url.Parse(e.URL); err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "wss" && (u.Scheme != "ws" || old.Scheme == "wss") {
		return fmt.Errorf("the server sends us to %s, where we don't go", ws.Redact(e.URL))
	}
	return e
}

// closedError is the server's <close/> of the stream.
func closedError(from string, e *element) error {
	if to := e.attr("see-other-uri"); to != "" {
		return redirectTo(from, to)
	}
	return errClosed
}

// streamError is the server's <stream:error/>.
func streamError(from string, data []byte) error {
	e := parseStreamError(data)
	if e.Condition == "see-other-host" && e.host != "" {
		return redirectTo(from, e.host)
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
