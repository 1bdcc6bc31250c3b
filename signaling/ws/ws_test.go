package ws

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const secret = "?token=hunter2"

func handler(subprotocol string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{subprotocol}})
		if err == nil {
			_, _, _ = conn.Read(r.Context())
			_ = conn.CloseNow()
		}
	})
}

func status(code int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/elsewhere?"+r.URL.RawQuery)
		w.WriteHeader(code)
	})
}

func TestDial(t *testing.T) {
	plain := httptest.NewServer(handler("xmpp"))
	defer plain.Close()
	conn, err := Dial(t.Context(), "ws"+strings.TrimPrefix(plain.URL, "http")+secret, nil, "xmpp")
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.CloseNow()
}

func TestErrorsSayWhyAndHideTheQuery(t *testing.T) {
	serve := func(h http.Handler, start func(http.Handler) *httptest.Server) string {
		s := start(h)
		t.Cleanup(s.Close)
		return "ws" + strings.TrimPrefix(s.URL, "http") + "/xmpp-websocket"
	}
	for _, tt := range []struct {
		name, url, says string
		tls             bool
		status          int
	}{
		{"a URL of another scheme", "https://127.0.0.1/x", "not a ws or wss URL", false, 0},
		{"no URL", "ws://[::1", "not a ws or wss URL", false, 0},
		{"nobody listens", "ws://127.0.0.1:1/x", "refused", false, 0},
		{"no such host", "ws://no-such-host.invalid/x", "no-such-host.invalid", false, 0},
		{"a certificate of nobody", serve(handler("xmpp"), httptest.NewTLSServer), "certificate", true, 0},
		{"no TLS there", strings.Replace(serve(handler("xmpp"), httptest.NewServer), "ws:", "wss:", 1), "HTTP response", true, 0},
		{"another path", serve(status(http.StatusNotFound), httptest.NewServer), "404", false, 404},
		{"a redirect", serve(status(http.StatusMovedPermanently), httptest.NewServer), "301", false, 301},
		{"no XMPP there", serve(handler("chess"), httptest.NewServer), "sub-protocol", false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := Dial(t.Context(), tt.url+secret, nil, "xmpp")
			if err == nil {
				_ = conn.CloseNow()
				t.Fatal("no error")
			}
			var e *Error
			if !errors.As(err, &e) || e.TLS != tt.tls || e.Status != tt.status || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %+v: %v, want one that says %q", e, err, tt.says)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the query is in the error: %v", err)
			}
		})
	}
}

func TestTheTLSConfigurationReachesTheConnection(t *testing.T) {
	s := httptest.NewTLSServer(handler("xmpp"))
	defer s.Close()
	u := "ws" + strings.TrimPrefix(s.URL, "http")
	conn, err := Dial(t.Context(), u, &tls.Config{InsecureSkipVerify: true}, "xmpp") // is what is tested
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.CloseNow()
}

func TestAServerThatSaysNothingIsLeftWhenTheContextEnds(t *testing.T) {
	stop := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer s.Close()
	defer close(stop)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Dial(ctx, "ws"+strings.TrimPrefix(s.URL, "http"), nil, "xmpp"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"wss://meet.example.org/xmpp-websocket?room=a&token=t": "wss://meet.example.org/xmpp-websocket",
		"wss://user:password@meet.example.org/x#y":             "wss://meet.example.org/x",
		"wss://[": "(malformed URL)",
	} {
		if got := Redact(in); got != want {
			t.Errorf("%s: got %s", in, got)
		}
	}
}
