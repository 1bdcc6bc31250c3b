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

// pingLoop asks the server for a sign of life (XEP-0199). Any answer is one, an error too. A TCP connection
// alone can stay silent for hours.
func (c *Client) pingLoop(ctx context.Context, l *link) {
	ticker := time.NewTicker(c.cfg.PingInterval)
	defer ticker.Stop()
	answered := time.Now()
	for {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		if c.ping(ctx) {
			answered = time.Now()
		} else if silent := time.Since(answered); silent >= c.cfg.PingLimit && ctx.Err() == nil {
			c.lose(l, fmt.Errorf("no answer to pings for %s", silent.Round(time.Second)))
			return
		}
	}
}

func (c *Client) ping(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.PingInterval)
	defer cancel()
	_, err := c.Request(ctx, c.address.Domain(), stanza.GetIQ, pingElement{})
	var refused *Error
	return err == nil || errors.As(err, &refused)
}
