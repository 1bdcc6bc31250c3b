package xmpp

import (
	"encoding/xml"
	"fmt"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"
)

// Stanza is an *IQ, a *Presence or a *Message that came in.
type Stanza interface {
	// Decode unmarshals the whole stanza into v.
	Decode(v any) error
	stanza()
}

// IQ is a request or an answer.
type IQ struct {
	stanza.IQ
	Payload xml.Name // of the first child
	body
}

// Presence is the news of an occupant, or of ourselves.
type Presence struct {
	stanza.Presence
	body
}

// Message is a message.
type Message struct {
	stanza.Message
	body
}

func (*IQ) stanza()       {}
func (*Presence) stanza() {}
func (*Message) stanza()  {}

// body is a stanza's XML.
type body []byte

// Decode unmarshals the whole stanza into v.
func (b body) Decode(v any) error { return xml.Unmarshal(b, v) }

// XML is the stanza as it was received.
func (b body) XML() []byte { return b }

// Err is the error that the stanza carries: nil where it is none.
func (b body) err() error {
	var in struct {
		Type  string        `xml:"type,attr"`
		Error *stanza.Error `xml:"error"`
	}
	if err := b.Decode(&in); err != nil || in.Type != "error" {
		return err
	}
	if in.Error == nil {
		return &Error{Condition: stanza.UndefinedCondition}
	}
	return newError(*in.Error)
}

// Err is the error that the presence carries, nil where it carries none.
func (p *Presence) Err() error { return p.body.err() }

// element is the outline of any element of the stream.
type element struct {
	XMLName  xml.Name
	Attr     []xml.Attr `xml:",any,attr"`
	Children []struct {
		XMLName xml.Name
	} `xml:",any"`
}

func (e *element) start() xml.StartElement { return xml.StartElement{Name: e.XMLName, Attr: e.Attr} }

// attr is the value of an attribute without a namespace, empty where there is none.
func (e *element) attr(name string) string {
	for _, a := range e.Attr {
		if a.Name == (xml.Name{Local: name}) {
			return a.Value
		}
	}
	return ""
}

func (e *element) child() xml.Name {
	if len(e.Children) == 0 {
		return xml.Name{}
	}
	return e.Children[0].XMLName
}

// parseElement checks that a message of the stream is one well-formed element.
func parseElement(data []byte) (*element, error) {
	var e element
	if err := xml.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("malformed XML: %w", err)
	}
	return &e, nil
}

// newStanza makes a stanza of e and its XML; nil where e is something else.
func newStanza(e *element, data []byte) (Stanza, error) {
	if e.XMLName.Space != nsClient {
		return nil, nil
	}
	switch e.XMLName.Local {
	case "iq":
		iq, err := stanza.NewIQ(e.start())
		return &IQ{IQ: iq, Payload: e.child(), body: data}, addressError(err)
	case "presence":
		p, err := stanza.NewPresence(e.start())
		return &Presence{Presence: p, body: data}, addressError(err)
	case "message":
		m, err := stanza.NewMessage(e.start())
		return &Message{Message: m, body: data}, addressError(err)
	}
	return nil, nil
}

func addressError(err error) error {
	if err != nil {
		return fmt.Errorf("malformed address: %w", err)
	}
	return nil
}

// outIQ is an IQ on its way out.
type outIQ struct {
	XMLName xml.Name `xml:"jabber:client iq"`
	ID      string   `xml:"id,attr"`
	To      string   `xml:"to,attr,omitempty"`
	Type    string   `xml:"type,attr"`
	Payload any
}

func newOutIQ(id string, to jid.JID, kind stanza.IQType, payload any) outIQ {
	return outIQ{ID: id, To: to.String(), Type: string(kind), Payload: payload}
}
