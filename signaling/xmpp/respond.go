package xmpp

import (
	"encoding/xml"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/disco"
)

// Software is what we answer to XEP-0092.
const Software = "gst-jitsi"

type versionQuery struct {
	XMLName xml.Name `xml:"jabber:iq:version query"`
	Name    string   `xml:"name"`
	Version string   `xml:"version"`
}

// Features are those of the requests that a client answers by itself.
var Features = []string{disco.NSInfo, disco.NSCaps, nsPing, nsVersion}

// respond answers what needs nobody else; false where it is for somebody else.
func (c *Client) respond(iq *IQ) bool {
	if iq.Type != stanza.GetIQ {
		return false
	}
	switch iq.Payload {
	case xml.Name{Space: nsPing, Local: "ping"}:
		c.Reply(iq, nil)
	case xml.Name{Space: nsVersion, Local: "query"}:
		c.Reply(iq, versionQuery{Name: Software, Version: "1"})
	case xml.Name{Space: disco.NSInfo, Local: "query"}:
		c.respondInfo(iq)
	default:
		return false
	}
	return true
}

func (c *Client) respondInfo(iq *IQ) {
	var in struct {
		Query disco.Query `xml:"http://jabber.org/protocol/disco#info query"`
	}
	if err := iq.Decode(&in); err != nil {
		c.ReplyError(iq, &Error{Type: stanza.Modify, Condition: stanza.BadRequest})
		return
	}
	answer, ok := c.cfg.Info.Answer(in.Query.Node)
	if !ok {
		c.ReplyError(iq, &Error{Type: stanza.Cancel, Condition: stanza.ItemNotFound})
		return
	}
	c.Reply(iq, answer)
}

// Reply answers iq with a result; payload may be nil.
func (c *Client) Reply(iq *IQ, payload any) {
	c.Send(newOutIQ(iq.ID, iq.From, stanza.ResultIQ, payload))
}

// ReplyError answers iq with an error.
func (c *Client) ReplyError(iq *IQ, err *Error) {
	c.Send(newOutIQ(iq.ID, iq.From, stanza.ErrorIQ, err))
}

// ReplyUnsupported answers an iq that nobody understands (RFC 6120 section 8.4).
func (c *Client) ReplyUnsupported(iq *IQ) {
	c.cfg.Log.Debugf("unsupported request <%s xmlns=%q> from %s", iq.Payload.Local, iq.Payload.Space, iq.From)
	c.ReplyError(iq, &Error{Type: stanza.Cancel, Condition: stanza.ServiceUnavailable})
}
