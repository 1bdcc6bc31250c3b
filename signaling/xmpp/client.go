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

	"github.com/coder/websocket"
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

	TLS  *tls.Config
	Info disco.Info // what we say of ourselves

	// Handle gets every stanza but answers to our requests and what the client answers itself. Every IQ that it
	// gets must be answered by Reply or ReplyError. Closed gets the end of the stream, after the last stanza; its
	// error is nil where Close was called. Both are called by the same goroutine and must not block.
	Handle func(*Client, Stanza)
	Closed func(error)

	PingInterval time.Duration // 0: 10 s
	PingLimit    time.Duration // without an answer for this long the server is dead; 0: 40 s

	Log logging.LeveledLogger
}

// Client is an established stream.
type Client struct {
	cfg     Config
	conn    *websocket.Conn
	address jid.JID
	cancel  context.CancelFunc
	wg      sync.WaitGroup
	done    chan struct{} // closed when the stream is over

	out     chan struct{} // tells the writer of news in queue
	mu      sync.Mutex
	queue   [][]byte
	closing bool // nothing more is written after <close>
	pending map[string]*Question
	reason  error // why the stream ended; the first one counts
}

// Dial connects, authenticates and binds. The stream lives until Close, or until it fails.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	if cfg.PingInterval == 0 {
		cfg.PingInterval = 10 * time.Second
	}
	if cfg.PingLimit == 0 {
		cfg.PingLimit = 40 * time.Second
	}
	target, err := streamURL(cfg)
	if err != nil {
		return nil, err
	}
	conn, err := ws.Dial(ctx, target, cfg.TLS, "xmpp")
	if err != nil {
		return nil, err
	}
	n := negotiation{cfg: cfg, conn: conn, secure: strings.HasPrefix(target, "wss:")}
	address, err := n.run(ctx)
	if err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	return start(cfg, conn, address), nil
}

// streamURL adds room and token to the URL, as the web client does.
func streamURL(cfg Config) (string, error) {
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
	u.RawQuery = query.Encode()
	return u.String(), nil
}

func start(cfg Config, conn *websocket.Conn, address jid.JID) *Client {
	ctx, cancel := context.WithCancel(context.Background())
	c := &Client{
		cfg: cfg, conn: conn, address: address, cancel: cancel,
		done: make(chan struct{}), out: make(chan struct{}, 1), pending: map[string]*Question{},
	}
	cfg.Log.Infof("connected to %s as %s", cfg.Domain, address)
	c.goDo(func() { c.readLoop(ctx) })
	c.goDo(func() { c.writeLoop(ctx) })
	c.goDo(func() { c.pingLoop(ctx) })
	return c
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
}

// JID is our full address.
func (c *Client) JID() jid.JID { return c.address }

// Send writes v, one stanza. It does not wait; a stanza that can't be written ends the stream.
func (c *Client) Send(v any) {
	data, err := xml.Marshal(v)
	if err != nil {
		c.cfg.Log.Errorf("can't encode %T: %v", v, err)
		return
	}
	c.enqueue(data, false)
}

func (c *Client) enqueue(data []byte, last bool) {
	c.mu.Lock()
	if !c.closing {
		c.queue = append(c.queue, data)
		c.closing = last
	}
	c.mu.Unlock()
	select {
	case c.out <- struct{}{}:
	default:
	}
}

// Close writes what is queued, ends the stream and waits until the server ends it too or ctx ends. Nothing of
// the client is left afterwards.
func (c *Client) Close(ctx context.Context) {
	data, _ := xml.Marshal(struct {
		XMLName xml.Name `xml:"urn:ietf:params:xml:ns:xmpp-framing close"`
	}{})
	c.enqueue(data, true)
	select {
	case <-c.done:
	case <-ctx.Done():
		c.fail(ctx.Err())
	}
	c.wg.Wait()
}

// fail ends the stream. It may be called by any goroutine, many times.
func (c *Client) fail(reason error) {
	c.mu.Lock()
	if c.reason == nil {
		c.reason = reason
	}
	c.mu.Unlock()
	c.cancel()
	_ = c.conn.CloseNow()
}
