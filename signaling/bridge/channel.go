// Package bridge is the channel between an endpoint and the bridge: a WebSocket with JSON messages (package
// colibri). It connects again by itself as long as the session lasts, and says each time what the bridge must
// know, since a bridge that was told nothing sends no video.
package bridge

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/pion/logging"

	"gstjitsi/signaling/backoff"
	"gstjitsi/signaling/colibri"
	"gstjitsi/signaling/guard"
	"gstjitsi/signaling/ws"
)

const (
	minBackoff   = 500 * time.Millisecond
	maxBackoff   = 3 * time.Second // a bridge that is back is to be found soon
	dialTimeout  = 10 * time.Second
	writeTimeout = 10 * time.Second
	closeTimeout = 200 * time.Millisecond

	pingInterval = 10 * time.Second

	statsInterval = 10 * time.Second // as the web client does
	maxMessages   = 64               // that wait for the writer; what comes on top is lost
)

// Config says where the channel leads, and what happens with what comes in.
type Config struct {
	URL         string // of the session's transport; its query is a secret
	TLS         *tls.Config
	Constraints colibri.ReceiverVideoConstraints
	VideoTypes  []colibri.SourceVideoType
	Audio       *colibri.ReceiverAudioSubscription // nil: not told, and so all is sent

	Stats         *colibri.OwnStats // what to say of our connection from the start; nil: nothing
	StatsInterval time.Duration     // 0: 10 s

	PingInterval time.Duration // and how long the bridge may take to answer; 0: 10 s

	// Unknown is called when the bridge answers that it knows of no such channel: it has been restarted, or has given the
	// session up. May be nil.
	Unknown func()

	// Opened is called with true when the channel opens, with false when it closes. Received gets the messages.
	// Neither may block; both are called by the same goroutine.
	Opened   func(open bool)
	Received func(colibri.Message)

	Log logging.LeveledLogger
}

// Channel is a channel that keeps itself open until Close.
type Channel struct {
	cfg    Config
	cancel context.CancelFunc
	done   chan struct{}
	doubt  chan struct{} // asks for a ping now
	news   chan struct{} // tells the writer of changes below

	mu          sync.Mutex
	constraints colibri.ReceiverVideoConstraints
	types       []colibri.SourceVideoType
	audio       *colibri.ReceiverAudioSubscription
	changed     [3]bool // constraints, types, audio
	stats       *colibri.OwnStats
	messages    []colibri.PeerMessage
}

// Open starts a channel. It does not wait.
func Open(cfg Config) *Channel {
	if cfg.StatsInterval == 0 {
		cfg.StatsInterval = statsInterval
	}
	if cfg.PingInterval == 0 {
		cfg.PingInterval = pingInterval
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Channel{
		cfg: cfg, cancel: cancel, done: make(chan struct{}), doubt: make(chan struct{}, 1), news: make(chan struct{}, 1),
		constraints: cfg.Constraints, types: cfg.VideoTypes, audio: cfg.Audio, stats: cfg.Stats,
	}
	go c.run(ctx)
	return c
}

// Close ends the channel and waits until nothing of it is left, a fraction of a second at most. The callbacks
// may still be called meanwhile, but not afterwards.
func (c *Channel) Close() {
	c.cancel()
	<-c.done
}

// SetConstraints tells the bridge what to send us, now and on every new connection.
func (c *Channel) SetConstraints(r colibri.ReceiverVideoConstraints) {
	c.mu.Lock()
	c.constraints, c.changed[0] = r, true
	c.mu.Unlock()
	c.wake()
}

// SetVideoTypes tells the bridge what our video sources show, now and on every new connection.
func (c *Channel) SetVideoTypes(types []colibri.SourceVideoType) {
	c.mu.Lock()
	c.types, c.changed[1] = types, true
	c.mu.Unlock()
	c.wake()
}

// SetAudio tells the bridge whose sound to send us, now and on every new connection.
func (c *Channel) SetAudio(r colibri.ReceiverAudioSubscription) {
	c.mu.Lock()
	c.audio, c.changed[2] = &r, true
	c.mu.Unlock()
	c.wake()
}

// SetStats is what the channel says from now on, every StatsInterval, of our connection.
func (c *Channel) SetStats(stats colibri.OwnStats) {
	c.mu.Lock()
	c.stats = &stats
	c.mu.Unlock()
}

// Send sends a message to another endpoint. It is for what counts now: where the channel is closed, or the
// network takes no more, the message is lost.
func (c *Channel) Send(m colibri.PeerMessage) {
	c.mu.Lock()
	if len(c.messages) < maxMessages {
		c.messages = append(c.messages, m)
	}
	c.mu.Unlock()
	c.wake()
}

// Check finds out at once whether the connection still leads somewhere, and opens another one if no answer comes within
// half of the PingInterval.
func (c *Channel) Check() {
	select {
	case c.doubt <- struct{}{}:
	default: // one is due already
	}
}

func (c *Channel) wake() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

func (c *Channel) run(ctx context.Context) {
	defer close(c.done)
	pauses := backoff.Backoff{First: minBackoff, Longest: maxBackoff}
	for ctx.Err() == nil {
		started := time.Now()
		err := c.connect(ctx)
		if ctx.Err() == nil {
			c.cfg.Log.Warnf("bridge channel: %v", err)
		}
		if c.cfg.Unknown != nil && unknown(err) {
			c.cfg.Unknown()
		}
		if time.Since(started) > maxBackoff {
			pauses.Reset() // it worked for a while
		}
		_ = pauses.Wait(ctx) // its error is that of ctx, which ends the loop
	}
}

// unknown is true for the answers of a bridge, but not of a proxy in front of one that is away.
func unknown(err error) bool {
	var refused *ws.Error
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		return true
	}
	return false
}

// connect opens one connection and serves it to its end.
func (c *Channel) connect(ctx context.Context) error {
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	conn, err := ws.Dial(dialCtx, c.cfg.URL, c.cfg.TLS, "")
	cancel()
	if err != nil {
		return err
	}
	c.cfg.Log.Infof("bridge channel open: %s", ws.Redact(c.cfg.URL))
	reader, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	writer, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		defer hangUp()
		defer guard.Recover(c.panicked)
		if c.write(writer, conn) {
			closeGently(conn, hangUp)
		}
	})
	wg.Go(func() {
		defer guard.Recover(c.panicked)
		if err := c.ping(writer, conn); err != nil {
			c.cfg.Log.Warnf("bridge channel: %v", err)
			hangUp()
		}
	})
	c.cfg.Opened(true)
	err = c.read(reader, conn)
	c.cfg.Opened(false)
	stop()
	wg.Wait()
	_ = conn.CloseNow()
	return err
}

// ping notices a bridge that is gone without a word, as a machine that lost its power (RFC 6455 section 5.5.2).
func (c *Channel) ping(ctx context.Context, conn *ws.Conn) error {
	ticker := time.NewTicker(c.cfg.PingInterval)
	defer ticker.Stop()
	for {
		limit := c.cfg.PingInterval
		select {
		case <-ticker.C:
		case <-c.doubt:
			if conn.Stranded() {
				return errors.New("the machine has lost the address that the connection comes from")
			}
			limit /= 2
		case <-ctx.Done():
			return nil
		}
		limited, cancel := context.WithTimeout(ctx, limit)
		err := conn.Ping(limited)
		cancel()
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("no answer to a ping: %w", err)
		}
	}
}

// read serves the connection until it breaks or ctx ends.
func (c *Channel) read(ctx context.Context, conn *ws.Conn) (err error) {
	defer guard.Recover(func(p *guard.Panic) {
		c.panicked(p)
		err = p
	})
	for {
		_, data, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		m, err := colibri.Parse(data)
		switch {
		case errors.Is(err, colibri.ErrUnknown):
			c.cfg.Log.Debugf("bridge channel: ignoring a message: %v", err)
		case err != nil:
			c.cfg.Log.Warnf("bridge channel: ignoring a message of %d bytes: %v", len(data), err)
		default:
			c.cfg.Received(m)
		}
	}
}

func (c *Channel) panicked(p *guard.Panic) { c.cfg.Log.Errorf("bridge channel: %v\n%s", p, p.Stack) }

// write says everything first, then what changes. It is true when ctx ended, false when nothing can be written
// any more.
func (c *Channel) write(ctx context.Context, conn *ws.Conn) bool {
	messages := c.all()
	ticker := time.NewTicker(c.cfg.StatsInterval)
	defer ticker.Stop()
	for {
		for _, m := range messages {
			if err := c.send(ctx, conn, m); err != nil {
				return false
			}
		}
		select {
		case <-c.news:
			messages = c.changes()
		case <-ticker.C:
			messages = c.report()
		case <-ctx.Done():
			return true
		}
	}
}

func (c *Channel) all() []any {
	c.mu.Lock()
	c.changed = [3]bool{true, true, true}
	c.messages = nil // of a connection that is no more
	c.mu.Unlock()
	return c.changes()
}

func (c *Channel) report() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stats == nil {
		return nil
	}
	return []any{*c.stats}
}

// changes starts with the constraints: the bridge sends no video before them.
func (c *Channel) changes() []any {
	c.mu.Lock()
	defer c.mu.Unlock()
	var messages []any
	if c.changed[0] {
		messages = append(messages, c.constraints)
	}
	if c.changed[2] && c.audio != nil {
		messages = append(messages, *c.audio)
	}
	if c.changed[1] {
		for _, t := range c.types {
			messages = append(messages, t)
		}
	}
	c.changed = [3]bool{}
	for _, m := range c.messages {
		messages = append(messages, m)
	}
	c.messages = nil
	return messages
}

func (c *Channel) send(ctx context.Context, conn *ws.Conn, message any) error {
	data, err := json.Marshal(message)
	if err != nil {
		c.cfg.Log.Errorf("bridge channel: can't encode %T: %v", message, err)
		return nil
	}
	c.cfg.Log.Debugf("bridge channel: sending %s", data)
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return conn.Write(ctx, websocket.MessageText, data)
}

// closeGently says good-bye to the bridge but waits for its answer only briefly. Only the end of the reader's
// context breaks off the library's closing.
func closeGently(conn *ws.Conn, hangUp func()) {
	timer := time.AfterFunc(closeTimeout, hangUp)
	defer timer.Stop()
	_ = conn.Close(websocket.StatusNormalClosure, "")
}
