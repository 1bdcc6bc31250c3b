package conference

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func resolving(find func(context.Context) (Addresses, error)) Config {
	return Config{
		WebSocketURL: "ws://127.0.0.1:1/xmpp-websocket", XMPPDomain: "localhost", MUCDomain: "conference.localhost",
		FocusJID: "focus.localhost", Room: "room", Resolve: find,
	}
}

func failure(t *testing.T, cfg Config) *Error {
	t.Helper()
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	var failed *Error
	if err := c.Run(t.Context()); !errors.As(err, &failed) {
		t.Fatalf("got %v", err)
	}
	return failed
}

func TestTheResolvedAddressesAreUsed(t *testing.T) {
	failed := failure(t, resolving(func(context.Context) (Addresses, error) {
		return Addresses{WebSocketURL: "ws://127.0.0.1:2/found", XMPPDomain: "meet.jitsi", MUCDomain: "muc.meet.jitsi", FocusJID: "focus.meet.jitsi"}, nil
	}))
	if failed.Reason != Unreachable || !strings.Contains(failed.Target, "127.0.0.1:2/found") {
		t.Errorf("got %v", failed)
	}
}

func TestAddressesThatCanNotBeFoundEndTheStay(t *testing.T) {
	cause := errors.New("no such place")
	if failed := failure(t, resolving(func(context.Context) (Addresses, error) { return Addresses{}, cause })); !errors.Is(failed, cause) {
		t.Errorf("got %v", failed)
	}
}

func TestResolvedAddressesThatCanNotBeAreRefused(t *testing.T) {
	failed := failure(t, resolving(func(context.Context) (Addresses, error) {
		return Addresses{WebSocketURL: "https://not-a-websocket", XMPPDomain: "x", MUCDomain: "y", FocusJID: "z"}, nil
	}))
	if failed.Err == nil || !strings.Contains(failed.Error(), "WebSocket URL") {
		t.Errorf("got %v", failed)
	}
}

func TestLeavingEndsAResolutionThatHangs(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := New(resolving(func(ctx context.Context) (Addresses, error) {
		cancel()
		<-ctx.Done()
		return Addresses{}, ctx.Err()
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(ctx); err != nil {
		t.Errorf("leaving returned %v", err)
	}
}
