package wire

import (
	"io"
	"net"
	"testing"
	"time"
)

const patience = 5 * time.Second

// echo is a server that says what it hears.
func echo(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn); _ = conn.Close() }()
		}
	}()
	return listener.Addr().String()
}

func dial(t *testing.T, w *Wire) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", w.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func echoes(conn net.Conn, within time.Duration) error {
	_ = conn.SetDeadline(time.Now().Add(within))
	if _, err := conn.Write([]byte("hello")); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 5))
	return err
}

func TestAWire(t *testing.T) {
	w, err := New(echo(t))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	first := dial(t, w)
	if err := echoes(first, patience); err != nil {
		t.Fatal(err)
	}
	w.Cut()
	if err := echoes(first, patience); err == nil {
		t.Error("a cut wire passes something on")
	}
	if err := echoes(dial(t, w), patience); err == nil {
		t.Error("a cut wire takes new connections")
	}
	w.Restore()
	second := dial(t, w)
	if err := echoes(second, patience); err != nil {
		t.Error(err)
	}
	w.Silence()
	if err := echoes(second, 50*time.Millisecond); err == nil {
		t.Error("a silent wire passes something on")
	}
	w.Restore()
	if err := echoes(dial(t, w), patience); err != nil {
		t.Error(err)
	}
	w.Drop()
	if err := echoes(dial(t, w), patience); err != nil {
		t.Error(err)
	}
}
