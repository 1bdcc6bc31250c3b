package xmpp_test

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/xmpp"
	"gstjitsi/tests/deployment"
)

// occupant is a client with stream management in a room.
type occupant struct {
	*user
	room        jid.JID
	interrupted chan error
}

func startDeployment(t *testing.T, opts deployment.Options) *deployment.Deployment {
	t.Helper()
	opts.LoggerFactory = &logging.DefaultLoggerFactory{Writer: t.Output(), DefaultLogLevel: logging.LogLevelWarn, ScopeLevels: map[string]logging.LogLevel{}}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d, err := deployment.Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.CreateRoom(ctx, "lab"); err != nil {
		t.Fatal(err)
	}
	return d
}

func enter(t *testing.T, d *deployment.Deployment, nick string, change func(*xmpp.Config)) *occupant {
	t.Helper()
	o := &occupant{user: &user{stanzas: make(chan xmpp.Stanza, 1024), closed: make(chan error, 1)}, interrupted: make(chan error, 64)}
	cfg := xmpp.Config{
		URL: d.WebSocketURL(), Domain: d.Domain(), Room: "lab", Info: info,
		Handle:      func(_ *xmpp.Client, s xmpp.Stanza) { o.stanzas <- s },
		Closed:      func(err error) { o.closed <- err },
		Interrupted: func(_ *xmpp.Client, err error) { o.interrupted <- err },
		Log:         logging.NewDefaultLeveledLoggerForScope("xmpp", logging.LogLevelDebug, t.Output()),
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	if o.Client, err = xmpp.Dial(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		o.Close(ctx)
	})
	o.room = jid.MustParse("lab@" + d.MUCDomain())
	me, _ := o.room.WithResource(nick)
	o.Send(struct {
		XMLName xml.Name `xml:"jabber:client presence"`
		To      string   `xml:"to,attr"`
		MUC     struct{} `xml:"http://jabber.org/protocol/muc x"`
	}{To: me.String()})
	for { // until our own presence: status 110
		p, ok := o.next(t).(*xmpp.Presence)
		if ok && p.From.Equal(me) && strings.Contains(string(p.XML()), "110") {
			return o
		}
	}
}

func (o *occupant) next(t *testing.T) xmpp.Stanza {
	t.Helper()
	select {
	case s := <-o.stanzas:
		return s
	case err := <-o.closed:
		t.Fatalf("the stream ends: %v", err)
	case <-time.After(patience):
		t.Fatal("nothing comes")
	}
	return nil
}

func (o *occupant) say(text string) {
	o.Send(struct {
		XMLName xml.Name `xml:"jabber:client message"`
		To      string   `xml:"to,attr"`
		Type    string   `xml:"type,attr"`
		Body    string   `xml:"body"`
	}{To: o.room.String(), Type: "groupchat", Body: text})
}

// hears takes stanzas until the text; anything but it and what may come besides fails.
func (o *occupant) hears(t *testing.T, text string) {
	t.Helper()
	for {
		switch s := o.next(t).(type) {
		case *xmpp.Presence:
			if s.Type == stanza.UnavailablePresence {
				t.Fatalf("somebody leaves: %s", s.XML())
			}
		case *xmpp.Message:
			var in struct {
				Body string `xml:"body"`
			}
			if err := s.Decode(&in); err != nil {
				t.Fatal(err)
			}
			if in.Body == "" {
				continue // the room's subject
			}
			if in.Body != text {
				t.Fatalf("got %q, want %q", in.Body, text)
			}
			return
		}
	}
}

func (o *occupant) reconnect(t *testing.T) error {
	t.Helper()
	select {
	case <-o.interrupted:
	case <-time.After(patience):
		t.Fatal("nobody notices")
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return o.Reconnect(ctx)
}

// What is said before, while and after connections are cut arrives once and in order, and nobody leaves.
func TestRoomAndTalkSurviveCuts(t *testing.T) {
	d := startDeployment(t, deployment.Options{})
	alice, bob := enter(t, d, "alice", nil), enter(t, d, "bob", nil)
	address := alice.JID()
	bob.say("hello")
	alice.hears(t, "hello")
	bob.hears(t, "hello")
	for round := range 10 {
		said := rand.N(20)
		for i := range 20 {
			if i == said {
				d.DropConnections()
			}
			alice.say(fmt.Sprintf("%d.%d", round, i))
		}
		for _, o := range []*occupant{alice, bob} {
			if err := o.reconnect(t); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 20 {
			bob.hears(t, fmt.Sprintf("%d.%d", round, i))
			alice.hears(t, fmt.Sprintf("%d.%d", round, i))
		}
	}
	if !alice.JID().Equal(address) {
		t.Errorf("the address is now %s", alice.JID())
	}
	if _, err := alice.ask(t, alice.JID().Domain(), disco.Query{}); err != nil {
		t.Error(err)
	}
}

func TestUsersWithAPasswordResume(t *testing.T) {
	d := startDeployment(t, deployment.Options{Users: map[string]string{"carol": "secret"}})
	carol := enter(t, d, "carol", func(cfg *xmpp.Config) { cfg.Username, cfg.Password = "carol", "secret" })
	d.DropConnections()
	if err := carol.reconnect(t); err != nil {
		t.Fatal(err)
	}
	carol.say("here")
	carol.hears(t, "here")
}

func TestResumingTooLate(t *testing.T) {
	d := startDeployment(t, deployment.Options{ResumeTimeout: time.Second})
	alice := enter(t, d, "alice", nil)
	if alice.ResumeWindow() != time.Second {
		t.Errorf("the server keeps a stream for %s", alice.ResumeWindow())
	}
	watcher := enter(t, d, "watcher", nil)
	d.DropConnections()
	if err := watcher.reconnect(t); err != nil {
		t.Fatal(err)
	}
	for gone := false; !gone; { // the server has given alice up
		p, ok := watcher.next(t).(*xmpp.Presence)
		gone = ok && p.Type == stanza.UnavailablePresence && p.From.Resourcepart() == "alice"
	}
	err := alice.reconnect(t)
	var final *xmpp.ResumeError
	if !errors.As(err, &final) || final.Condition != "item-not-found" {
		t.Errorf("got %v", err)
	}
	if closed := <-alice.closed; !errors.Is(closed, err) {
		t.Errorf("Closed got %v", closed)
	}
}
