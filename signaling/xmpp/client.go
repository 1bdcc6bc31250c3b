package xmpp

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/guard"
	"gstjitsi/signaling/ws"
)

// Config says where and as whom to connect, and what happens with what comes in.
type Config struct {
	URL    string // ws or wss
	Domain string // the XMPP domain
	Room   string // told to the load balancer by the URL's query
	Token  string // JWT, told to the server by the URL's query

	Username, Password string // anonymous where Username is empty
	PlainWithoutTLS    bool   // show the password to whoever reads along, where there is no TLS and the server wants it

	TLS  *tls.Config
	Info disco.Info // what we say of ourselves

	// Handle gets every stanza but answers to our requests and what the client answers itself. Every IQ that it
	// gets must be answered by Reply or ReplyError. Closed gets the end of the stream, after the last stanza; its
	// error is nil where Close was called. Both are never called at the same time and must not block.
	Handle func(*Client, Stanza)
	Closed func(error)

	// Interrupted turns stream management on (XEP-0198). Where the server grants it, a connection that is lost
	// is not the end of the stream: Interrupted is called instead of Closed, what is sent meanwhile waits, and
	// Resume or Reconnect goes on where the stream was. It must not block, and not call either of them itself.
	Interrupted func(*Client, error)

	PingInterval time.Duration // 0: 10 s
	PingLimit    time.Duration // without an answer for this long the server is dead; 0: 40 s

	Log logging.LeveledLogger
}

// Client is an established stream.
type Client struct {
	cfg     Config
	address jid.JID
	wg      sync.WaitGroup
	done    chan struct{} // closed when the stream is over

	doubt   chan struct{} // asks for a ping now
	out     chan struct{} // tells the writer of news in queue
	mu      sync.Mutex
	link    *link // nil while interrupted, and at the end
	queue   []outgoing
	closing bool // nothing more is written after <close>
	ended   bool
	pending map[string]*Question
	reason  error       // why the connection or the stream ended; the first one counts
	sm      *management // nil without stream management
	since   time.Time   // of the interruption
}

// outgoing is what waits to be written.
type outgoing struct {
	data    []byte
	counted bool // a stanza, not an element of the stream
}

// link is one connection of a stream.
type link struct {
	conn   *ws.Conn
	cancel context.CancelFunc
}

// Dial connects, authenticates and binds. The stream lives until Close, or until it fails.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.PingInterval == 0 {
		cfg.PingInterval = 10 * time.Second
	}
	if cfg.PingLimit == 0 {
		cfg.PingLimit = 40 * time.Second
	}
	n, err := connect(ctx, cfg, "")
	if err != nil {
		return nil, err
	}
	address, sm, err := n.run(ctx)
	if err != nil {
		_ = n.conn.CloseNow()
		return nil, err
	}
	c := &Client{
		cfg: cfg, address: address, sm: sm,
		done: make(chan struct{}), doubt: make(chan struct{}, 1), out: make(chan struct{}, 1), pending: map[string]*Question{},
	}
	cfg.Log.Infof("connected to %s as %s", cfg.Domain, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start(n)
	return c, nil
}

// connect opens a connection on which a stream can be negotiated; previous is the id of one to be resumed.
func connect(ctx context.Context, cfg Config, previous string) (*negotiation, error) {
	target, err := streamURL(cfg, previous)
	if err != nil {
		return nil, err
	}
	conn, err := ws.Dial(ctx, target, cfg.TLS, "xmpp")
	if err != nil {
		return nil, err
	}
	return &negotiation{cfg: cfg, conn: conn, secure: strings.HasPrefix(target, "wss:")}, nil
}

// streamURL adds room and token to the URL, as the web client does. A new anonymous user must be the same as
// before to resume a stream, so the server is told which one that was (recording l-alice).
func streamURL(cfg Config, previous string) (string, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil {
		return "", &ws.Error{URL: ws.Redact(cfg.URL), Err: fmt.Errorf("not a URL")}
	}
	query := u.Query()
	if cfg.Room != "" {
		query.Set("room", cfg.Room)
	}
	if cfg.Token != "" {
		query.Set("token", cfg.Token)
	}
	if previous != "" && cfg.Username == "" {
		query.Set("previd", previous)
	}
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// start runs the loops of a negotiated connection. The caller holds the lock.
func (c *Client) start(n *negotiation) {
	ctx, cancel := context.WithCancel(context.Background())
	l := &link{conn: n.conn, cancel: cancel}
	c.link = l
	c.goDo(func() { c.readLoop(ctx, l, n.early) })
	c.goDo(func() { c.writeLoop(ctx, l) })
	c.goDo(func() { c.pingLoop(ctx, l) })
}

// goDo runs one of the loops; a panic in it ends the stream.
func (c *Client) goDo(loop func()) {
	c.wg.Go(func() {
		defer guard.Recover(c.panicked)
		loop()
	})
}

func (c *Client) panicked(p *guard.Panic) {
	c.cfg.Log.Errorf("%v\n%s", p, p.Stack)
	c.fail(p)
	c.mu.Lock()
	interrupted := c.link == nil
	c.mu.Unlock()
	if interrupted {
		c.end(p)
	}
}

// Done is closed when the stream is over.
func (c *Client) Done() <-chan struct{} { return c.done }

// JID is our full address.
func (c *Client) JID() jid.JID { return c.address }

// Send writes v, one stanza. It does not wait; a stanza that can't be written ends the stream or interrupts it.
func (c *Client) Send(v any) {
	data, err := xml.Marshal(v)
	if err != nil {
		c.cfg.Log.Errorf("can't encode %T: %v", v, err)
		return
	}
	c.mu.Lock()
	c.enqueue(outgoing{data, true})
	c.mu.Unlock()
	c.wake()
}

// enqueue is called with the lock held.
func (c *Client) enqueue(o outgoing) {
	if c.closing || c.ended {
		return
	}
	c.queue = append(c.queue, o)
	if c.link == nil && c.sm.full(c.queue) {
		c.sm.giveUp()
		c.queue = nil
		c.cfg.Log.Warnf("more is sent than can wait for the interrupted stream: it can't be resumed")
	}
}

// wake tells the writer that there is something to write.
func (c *Client) wake() {
	select {
	case c.out <- struct{}{}:
	default:
	}
}

// Close writes what is queued, ends the stream and waits until the server ends it too or ctx ends. Nothing of
// the client is left afterwards. An interrupted stream ends at once; the server notices when its time to resume
// is over.
func (c *Client) Close(ctx context.Context) {
	data, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-framing close"`
	}{})
	c.mu.Lock()
	if c.sm != nil {
		c.sm.ackDue = true // so that the server does not take what we have for lost
	}
	c.enqueue(outgoing{data, false})
	c.closing = true
	interrupted := c.link == nil
	c.mu.Unlock()
	if interrupted {
		c.end(nil)
	}
	c.wake()
	select {
	case <-c.done:
	case <-ctx.Done():
		c.fail(ctx.Err())
		<-c.done
	}
	c.wg.Wait()
}

// fail ends the stream by its connection. It may be called by any goroutine, many times.
func (c *Client) fail(reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disconnect(reason)
}

// lose ends the connection l, and the stream too unless it can be resumed. What a connection that was replaced
// has to say does not matter.
func (c *Client) lose(l *link, reason error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == l {
		c.disconnect(&lostError{reason})
	}
}

// disconnect is called with the lock held.
func (c *Client) disconnect(reason error) {
	if c.reason == nil {
		c.reason = reason
	}
	if c.link != nil {
		c.link.cancel()
		_ = c.link.conn.CloseNow()
	}
}

// end is the end of the stream; only the first call counts.
func (c *Client) end(reason error) {
	c.mu.Lock()
	first := !c.ended
	c.ended, c.queue, c.link = true, nil, nil
	c.mu.Unlock()
	if !first {
		return
	}
	defer close(c.done)
	c.abandonRequests()
	c.cfg.Closed(reason)
}
