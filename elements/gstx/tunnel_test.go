package gstx

import (
	"crypto/tls"
	"encoding/pem"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const tunnelPatience = 10 * time.Second

// tlsEcho is a server that says by TLS what it hears, and the file of whom its certificate trusts.
func tlsEcho(t *testing.T) (port uint16, caFile string) {
	t.Helper()
	donor := httptest.NewTLSServer(nil) // of a certificate for 127.0.0.1
	certificate := donor.TLS.Certificates[0]
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: donor.Certificate().Raw})
	donor.Close()
	if err := os.WriteFile(caFile, text, 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(conn, conn); conn.Close() }()
		}
	}()
	return uint16(listener.Addr().(*net.TCPAddr).Port), caFile
}

// through sends something into a tunnel and waits for its echo.
func through(tunnel *Tunnel) (net.Conn, error) {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(int(tunnel.Port())))
	if err != nil {
		return nil, err
	}
	conn.SetDeadline(time.Now().Add(tunnelPatience))
	if _, err := conn.Write([]byte("hello")); err != nil {
		return conn, err
	}
	_, err = io.ReadFull(conn, make([]byte, 5))
	return conn, err
}

func TestATunnelPassesOnByTLS(t *testing.T) {
	for _, tt := range []struct {
		name, host                string
		trusted, insecure, passes bool
	}{
		{"to whom the user trusts", "127.0.0.1", true, false, true},
		{"to nobody whom the system does not know", "127.0.0.1", false, false, false},
		{"to nobody of another name", "localhost", true, false, false},
		{"to anybody where the user wants that", "localhost", false, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			port, caFile := tlsEcho(t)
			if !tt.trusted {
				caFile = ""
			}
			tunnel, err := NewTunnel(tt.host, port, caFile, tt.insecure)
			if err != nil {
				t.Fatal(err)
			}
			conn, err := through(tunnel)
			if (err == nil) != tt.passes {
				t.Errorf("got %v", err)
			}
			closed := make(chan struct{})
			go func() { tunnel.Close(); close(closed) }() // with the connection open
			select {
			case <-closed:
			case <-time.After(tunnelPatience):
				t.Fatal("the tunnel does not close")
			}
			if conn != nil {
				conn.SetDeadline(time.Now().Add(tunnelPatience))
				if _, err := conn.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
					t.Errorf("the connection outlives its tunnel: %v", err)
				}
				conn.Close()
			}
		})
	}
}

// GLib resumes TLS sessions of the process without another look at the certificate.
func TestATunnelThatTakesAnybodyMakesNoOtherOneDoSo(t *testing.T) {
	port, _ := tlsEcho(t)
	for i, tt := range []struct{ insecure, passes bool }{{true, true}, {true, true}, {false, false}, {true, true}, {false, false}} {
		tunnel, err := NewTunnel("localhost", port, "", tt.insecure)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := through(tunnel)
		if (err == nil) != tt.passes {
			t.Errorf("number %d, insecure %t: got %v", i+1, tt.insecure, err)
		}
		if conn != nil {
			conn.Close()
		}
		tunnel.Close()
	}
}

func TestATunnelNeedsItsAuthorities(t *testing.T) {
	if _, err := NewTunnel("127.0.0.1", 1, filepath.Join(t.TempDir(), "missing.pem"), false); err == nil {
		t.Error("it is opened without")
	}
}
