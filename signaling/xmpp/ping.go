package xmpp

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"time"

	"mellium.im/xmpp/stanza"
)

type pingElement struct {
	XMLName xml.Name `xml:"urn:xmpp:ping ping"`
}

// Check asks the server for a sign of life at once; a connection on which none comes within half of the PingInterval is
// given up, and one whose address the machine has no more at once. It does not wait.
func (c *Client) Check() {
	select {
	case c.doubt <- struct{}{}:
	default: // one is due already
	}
}

// pingLoop asks the server for a sign of life (XEP-0199). Any answer is one, an error too. A TCP connection
// alone can stay silent for hours.
func (c *Client) pingLoop(ctx context.Context, l *link) {
	ticker := time.NewTicker(c.cfg.PingInterval)
	defer ticker.Stop()
	answered := time.Now()
	for {
		wait, limit := c.cfg.PingInterval, c.cfg.PingLimit
		select {
		case <-ticker.C:
		case <-c.doubt:
			if l.conn.Stranded() {
				c.lose(l, errors.New("the machine has lost the address that the connection comes from"))
				return
			}
			wait, limit = wait/2, 0
		case <-ctx.Done():
			return
		}
		if c.ping(ctx, wait) {
			answered = time.Now()
		} else if silent := time.Since(answered); silent >= limit && ctx.Err() == nil {
			c.lose(l, fmt.Errorf("no answer to pings for %s", silent.Round(time.Second)))
			return
		}
	}
}

func (c *Client) ping(ctx context.Context, wait time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	_, err := c.Request(ctx, c.address.Domain(), stanza.GetIQ, pingElement{})
	var refused *Error
	return err == nil || errors.As(err, &refused)
}
