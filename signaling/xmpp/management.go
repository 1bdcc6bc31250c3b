package xmpp

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Bounds of what waits for the server's acknowledgement. A server that acknowledges nothing costs the chance to
// resume and not the memory.
const (
	maxUnacked      = 1024
	maxUnackedBytes = 4 << 20
)

// management counts and keeps stanzas (XEP-0198 sections 4 and 5). The lock of the client protects it; a nil
// one is that of a stream without stream management.
type management struct {
	id     string        // a secret: who knows it can take the stream over
	window time.Duration // how long the server keeps an interrupted stream; 0 where it doesn't say

	resumable bool
	received  uint32   // stanzas from the server
	acked     uint32   // stanzas of ours that the server has
	unacked   [][]byte // those that were written since
	size      int      // of unacked, in bytes
	ackDue    bool     // the server wants to know received
	asked     bool     // we asked the server for its count
}

// lostError is the end of a connection that says nothing of the stream.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

type smAck struct {
	XMLName xml.Name
	H       string `xml:"h,attr,omitempty"`
}

func smElement(name, h string) []byte {
	data, _ := xml.Marshal(smAck{xml.Name{Space: nsSM, Local: name}, h}) // can't fail
	return data
}

// answer is <a/> where the server has asked, else nil.
func (m *management) answer() []byte {
	if m == nil || !m.ackDue {
		return nil
	}
	m.ackDue = false
	return smElement("a", strconv.FormatUint(uint64(m.received), 10))
}

// request is <r/> where something is unacknowledged and no request is under way, else nil.
func (m *management) request() []byte {
	if m == nil || m.asked || len(m.unacked) == 0 {
		return nil
	}
	m.asked = true
	return smElement("r", "")
}

// keep remembers a stanza until it is acknowledged; false when that gets too much.
func (m *management) keep(data []byte) bool {
	if m == nil || !m.resumable {
		return true
	}
	m.unacked = append(m.unacked, data)
	m.size += len(data)
	if m.full(nil) {
		m.giveUp()
		return false
	}
	return true
}

func (m *management) full(queue []outgoing) bool {
	size := m.size
	for _, o := range queue {
		size += len(o.data)
	}
	return size > maxUnackedBytes || len(m.unacked)+len(queue) > maxUnacked
}

func (m *management) giveUp() { m.resumable, m.unacked, m.size = false, nil, 0 }

// acknowledge drops what the server has. Counters wrap around (XEP-0198 section 4).
func (m *management) acknowledge(h uint32) error {
	m.asked = false
	if !m.resumable {
		return nil
	}
	n := h - m.acked
	if uint64(n) > uint64(len(m.unacked)) {
		return fmt.Errorf("the server acknowledges %d stanzas of %d", n, len(m.unacked))
	}
	for _, data := range m.unacked[:n] {
		m.size -= len(data)
	}
	m.unacked, m.acked = m.unacked[n:], h
	return nil
}

func parseCount(e *element) (uint32, error) {
	h, err := strconv.ParseUint(e.attr("h"), 10, 32)
	if err != nil {
		return 0, fmt.Errorf("<%s> with the malformed count %q", e.XMLName.Local, e.attr("h"))
	}
	return uint32(h), nil
}

// isStanza says whether the server counts a message of the stream. It counts those that we can't parse too.
func isStanza(e *element, data []byte) bool {
	if e != nil {
		name := e.XMLName
		return name.Space == nsClient && (name.Local == "iq" || name.Local == "presence" || name.Local == "message")
	}
	text := strings.TrimLeft(string(data[:min(len(data), 16)]), " \t\r\n")
	return strings.HasPrefix(text, "<iq") || strings.HasPrefix(text, "<presence") || strings.HasPrefix(text, "<message")
}

func (c *Client) countReceived() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sm != nil {
		c.sm.received++
	}
}

// manage handles an element of stream management.
func (c *Client) manage(e *element) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.sm == nil:
		c.cfg.Log.Debugf("ignoring <%s> of a stream management that is not on", e.XMLName.Local)
	case e.XMLName.Local == "r":
		c.sm.ackDue = true
		c.wake()
	case e.XMLName.Local == "a":
		h, err := parseCount(e)
		if err == nil {
			err = c.sm.acknowledge(h)
		}
		if err != nil {
			return fmt.Errorf("stream management: %w", err)
		}
		c.wake() // perhaps to ask again
	}
	return nil
}
