package xmpp_test

import (
	"context"
	"encoding/xml"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/xmpp"
	"gstjitsi/tests/deployment/prosody"
)

const patience = 10 * time.Second

func startProsody(t *testing.T, opts prosody.Options) *prosody.Server {
	t.Helper()
	server, err := prosody.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(server.Log())
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// user is a client under test with what came in.
type user struct {
	*xmpp.Client
	stanzas chan xmpp.Stanza
	closed  chan error
}

var info = disco.Info{Node: "urn:test", Features: xmpp.Features}

func dial(t *testing.T, server *prosody.Server, change func(*xmpp.Config)) (*user, error) {
	t.Helper()
	u := &user{stanzas: make(chan xmpp.Stanza, 256), closed: make(chan error, 1)}
	cfg := xmpp.Config{
		URL: server.WebSocketURL(), Domain: server.Domain(), Room: "a room", Info: info,
		Handle: func(_ *xmpp.Client, s xmpp.Stanza) { u.stanzas <- s },
		Closed: func(err error) { u.closed <- err },
		Log:    logging.NewDefaultLeveledLoggerForScope("xmpp", logging.LogLevelTrace, t.Output()),
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	if u.Client, err = xmpp.Dial(ctx, cfg); err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		u.Close(ctx)
	})
	return u, nil
}

func mustDial(t *testing.T, server *prosody.Server, change func(*xmpp.Config)) *user {
	t.Helper()
	u, err := dial(t, server, change)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (u *user) ask(t *testing.T, to jid.JID, payload any) (*xmpp.IQ, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return u.Request(ctx, to, stanza.GetIQ, payload)
}

func TestAnonymousUsersTalk(t *testing.T) {
	server := startProsody(t, prosody.Options{})
	alice, bob := mustDial(t, server, nil), mustDial(t, server, nil)
	if alice.JID().Domainpart() != server.Domain() || alice.JID().Resourcepart() == "" || alice.JID().Equal(bob.JID()) {
		t.Fatalf("got %s and %s", alice.JID(), bob.JID())
	}
	t.Run("a server answers", func(t *testing.T) {
		iq, err := alice.ask(t, alice.JID().Domain(), disco.Query{})
		if err != nil || !strings.Contains(string(iq.XML()), "Prosody") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an error is told with its condition", func(t *testing.T) {
		_, err := alice.ask(t, alice.JID().Domain(), struct {
			XMLName xml.Name `xml:"urn:zap zap"`
		}{})
		var refused *xmpp.Error
		if !errors.As(err, &refused) || refused.Condition != stanza.ServiceUnavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Close is agreed on", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		bob.Close(ctx)
		if err := <-bob.closed; err != nil || ctx.Err() != nil {
			t.Errorf("got %v", err)
		}
		if _, err := bob.ask(t, jid.JID{}, disco.Query{}); !errors.Is(err, xmpp.ErrEnded) {
			t.Errorf("a request afterwards gives %v", err)
		}
	})
}

// message is a stanza of any length.
type message struct {
	XMLName xml.Name `xml:"jabber:client message"`
	To      string   `xml:"to,attr"`
	Body    string   `xml:"body"`
}

func TestAStanzaIsOneMessageWhateverItsLength(t *testing.T) {
	server := startProsody(t, prosody.Options{})
	alice, bob := mustDial(t, server, nil), mustDial(t, server, nil)
	body := strings.Repeat("long ", 30_000)
	alice.Send(message{To: bob.JID().String(), Body: body})
	select {
	case s := <-bob.stanzas:
		var in message
		if m, ok := s.(*xmpp.Message); !ok || m.Decode(&in) != nil || in.Body != body || !m.From.Equal(alice.JID()) {
			t.Errorf("got %d bytes of %T", len(in.Body), s)
		}
	case <-time.After(patience):
		t.Fatal("it does not come")
	}
}

func TestManyGoroutinesMayAskAtOnce(t *testing.T) {
	server := startProsody(t, prosody.Options{})
	alice := mustDial(t, server, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := alice.ask(t, alice.JID().Domain(), disco.Query{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestLogin(t *testing.T) {
	server := startProsody(t, prosody.Options{Users: map[string]string{"alice": "wonderland, \"and\" =,"}})
	as := func(user, password string) func(*xmpp.Config) {
		return func(cfg *xmpp.Config) { cfg.Username, cfg.Password = user, password }
	}
	t.Run("with a password", func(t *testing.T) {
		u, err := dial(t, server, as("alice", "wonderland, \"and\" =,"))
		if err != nil {
			t.Fatal(err)
		}
		if u.JID().Localpart() != "alice" {
			t.Errorf("got %s", u.JID())
		}
	})
	for _, tt := range []struct{ name, user, password, says string }{
		{"with a wrong password", "alice", "hunter2", "not-authorized"},
		{"as somebody unknown", "mallory", "hunter2", "not-authorized"},
		{"without a name", "", "", "does not take anonymous users"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := dial(t, server, as(tt.user, tt.password))
			var refused *xmpp.AuthError
			if !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAnUnknownDomainIsTold(t *testing.T) {
	server := startProsody(t, prosody.Options{})
	_, err := dial(t, server, func(cfg *xmpp.Config) { cfg.Domain = "elsewhere.example" })
	var refused *xmpp.StreamError
	if !errors.As(err, &refused) || refused.Condition != "host-unknown" {
		t.Errorf("got %v", err)
	}
}

func TestTheEndOfTheServerEndsTheStream(t *testing.T) {
	server := startProsody(t, prosody.Options{})
	alice := mustDial(t, server, nil)
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-alice.closed:
		if err == nil {
			t.Error("no error")
		}
	case <-time.After(patience):
		t.Error("nobody tells")
	}
}
