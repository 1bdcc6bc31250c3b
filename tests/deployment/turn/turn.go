// Package turn runs a real TURN server, coturn, on loopback: over UDP and TCP on one port, over TLS on another, with
// credentials that are made of a secret as deployments of Jitsi do. It leaves nothing behind.
package turn

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gstjitsi/tests/deployment/process"
)

// Server is a running coturn.
type Server struct {
	Secret        string // clients' credentials are made of it
	Port, TLSPort int

	dir     string
	process *process.Process
}

// Start runs a server whose certificate and key are in PEM files, and returns when it takes connections.
func Start(ctx context.Context, certificate, key string) (*Server, error) {
	const attempts = 3 // somebody may take a port meanwhile
	var err error
	for range attempts {
		var s *Server
		if s, err = start(ctx, certificate, key); err == nil {
			return s, nil
		}
	}
	return nil, fmt.Errorf("start coturn: %w", err)
}

func start(ctx context.Context, certificate, key string) (*Server, error) {
	s := &Server{Secret: rand.Text()}
	var err error
	if s.Port, err = freePort(); err != nil {
		return nil, err
	}
	if s.TLSPort, err = freePort(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "jitsi-turn-"); err != nil {
		return nil, err
	}
	s.process, err = process.Start(s.dir, "turnserver", "-n", "--verbose", "--log-file=stdout", "--simple-log",
		"--pidfile="+filepath.Join(s.dir, "pid"), "--db="+filepath.Join(s.dir, "db"), "--no-cli",
		"--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", "--allow-loopback-peers", "--no-dtls",
		"--listening-port="+strconv.Itoa(s.Port), "--tls-listening-port="+strconv.Itoa(s.TLSPort),
		"--cert="+certificate, "--pkey="+key, "--realm=localhost",
		"--use-auth-secret", "--static-auth-secret="+s.Secret)
	if err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	for _, port := range []int{s.Port, s.TLSPort} {
		if err := s.wait(ctx, port); err != nil {
			err = fmt.Errorf("%w; it says:\n%s", err, s.Log())
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

func (s *Server) wait(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return conn.Close()
		}
		select {
		case <-tick.C:
		case <-s.process.Exited():
			return fmt.Errorf("it ended: %w", s.process.Err())
		case <-ctx.Done():
			return fmt.Errorf("it does not answer: %w", err)
		}
	}
}

// Log is what the server has said.
func (s *Server) Log() string { return s.process.Output() }

// Allocations are those that clients got, by the user names that they gave.
func (s *Server) Allocations() (users []string) {
	for line := range strings.Lines(s.Log()) {
		if _, rest, ok := strings.Cut(line, "username=<"); ok && strings.Contains(line, ": new,") {
			user, _, _ := strings.Cut(rest, ">")
			users = append(users, user)
		}
	}
	return users
}

// Close ends the server and removes its files.
func (s *Server) Close() error {
	s.process.Kill()
	return os.RemoveAll(s.dir)
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// Credentials are valid for some time (draft-uberti-behave-turn-rest).
func (s *Server) Credentials(life time.Duration) (user, password string) {
	user = strconv.FormatInt(time.Now().Add(life).Unix(), 10)
	return user, s.Password(user)
}

// Password is that of a user, who is the time until which it is valid.
func (s *Server) Password(user string) string {
	mac := hmac.New(sha1.New, []byte(s.Secret))
	mac.Write([]byte(user))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// URL is the server's over udp, tcp or tls.
func (s *Server) URL(transport, user, password string) string {
	u := url.URL{Scheme: "turn", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)), User: url.UserPassword(user, password)}
	if transport == "tls" {
		u.Scheme, u.Host, transport = "turns", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.TLSPort)), "tcp"
	}
	u.RawQuery = "transport=" + transport
	return u.String()
}
