// Package prosody starts a real Prosody XMPP server as Jitsi Meet uses it: anonymous login over WebSocket, a room
// component, XEP-0215 services, stream resumption, and an account for the focus. It listens on loopback only, on
// ports picked free, keeps everything in a directory of its own and leaves nothing behind.
//
// What stock Prosody lacks and the recordings of a real deployment show is added by the Lua modules in modules/.
package prosody

import (
	"bytes"
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"gstjitsi/tests/deployment/process"
)

//go:embed modules/*.lua
var modules embed.FS

// Options says how the server is set up. The zero value is a usual deployment.
type Options struct {
	Domain        string            // "localhost" when empty
	ResumeTimeout time.Duration     // how long a lost stream can be resumed; 60 s when zero, as recorded
	Services      []Service         // what XEP-0215 tells clients; none when empty
	Users         map[string]string // passwords by user name; when there are any, login is by password (PLAIN, SCRAM), not anonymous
	Guests        bool              // with users: others log in anonymously at GuestDomain
	PlainOnly     bool              // passwords are taken by SASL PLAIN only
	TokenSecret   string            // lets nobody in but with a token (JWT, HS256) of it; no passwords then
	Lobby         bool              // rooms for members only have one
	MaxOccupants  int               // the focus apart; no limit when zero
}

// Server is a running Prosody.
type Server struct {
	opts          Options
	dir           string
	c2sPort       int
	httpPort      int
	focusPassword string

	process *process.Process
	close   sync.Once
}

// Start runs Prosody and returns when it accepts clients. The context limits the start only. When the start
// fails the error has the end of Prosody's log.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if opts.Domain == "" {
		opts.Domain = "localhost"
	}
	if opts.ResumeTimeout == 0 {
		opts.ResumeTimeout = 60 * time.Second
	}
	// Between picking a free port and Prosody's taking it somebody else can: then try another.
	const attempts = 3
	var err error
	for range attempts {
		var s *Server
		if s, err = start(ctx, opts); err == nil {
			return s, nil
		}
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return nil, fmt.Errorf("start prosody for %s: %w", opts.Domain, err)
}

func start(ctx context.Context, opts Options) (*Server, error) {
	s := &Server{opts: opts, focusPassword: rand.Text()}
	var err error
	if s.c2sPort, err = freePort(); err != nil {
		return nil, err
	}
	if s.httpPort, err = freePort(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "jitsi-prosody-"); err != nil {
		return nil, err
	}
	if err := s.writeFiles(); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	s.process, err = process.Start(s.dir, "prosody", "-F", "--config", filepath.Join(s.dir, "prosody.cfg.lua"))
	if err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	if err := s.waitReady(ctx); err != nil {
		text := s.Log()
		s.Close()
		if strings.Contains(text, "Failed to open server port") {
			err = fmt.Errorf("%w (%w)", errPortTaken, err)
		}
		return nil, fmt.Errorf("%w; the end of its log:\n%s", err, lastLines(text, 30))
	}
	return s, nil
}

// Close stops the server and removes its files. It can be called more than once.
func (s *Server) Close() error {
	var err error
	s.close.Do(func() {
		s.process.Kill()
		err = os.RemoveAll(s.dir)
	})
	return err
}

// Exited is closed when the server's process has ended.
func (s *Server) Exited() <-chan struct{} { return s.process.Exited() }

// Domain is the host where participants log in.
func (s *Server) Domain() string { return s.opts.Domain }

// AuthDomain is the host of the focus' account.
func (s *Server) AuthDomain() string { return "auth." + s.opts.Domain }

// MUCDomain is the component of the rooms.
func (s *Server) MUCDomain() string { return "conference." + s.opts.Domain }

// GuestDomain is where those log in who have no password, where there are users.
func (s *Server) GuestDomain() string { return "guest." + s.opts.Domain }

// LobbyDomain is the component of the lobbies.
func (s *Server) LobbyDomain() string { return "lobby." + s.opts.Domain }

// FocusDomain is the component that stands in for the focus.
func (s *Server) FocusDomain() string { return "focus." + s.opts.Domain }

// FocusUser is the bare JID of the focus' account. Its session must have the resource "focus".
func (s *Server) FocusUser() string { return "focus@" + s.AuthDomain() }

// FocusPassword is the password of the focus' account.
func (s *Server) FocusPassword() string { return s.focusPassword }

// HTTPAddress is where HTTP is served, as host and port.
func (s *Server) HTTPAddress() string { return "127.0.0.1:" + strconv.Itoa(s.httpPort) }

// C2SAddress is where plain XMPP streams are accepted, as host and port.
func (s *Server) C2SAddress() string { return "127.0.0.1:" + strconv.Itoa(s.c2sPort) }

// WebSocketURL is where clients connect (RFC 7395).
func (s *Server) WebSocketURL() string { return "ws://" + s.HTTPAddress() + "/xmpp-websocket" }

// Log gives what Prosody has logged so far, what it wrote to its standard output included.
func (s *Server) Log() string {
	text, _ := os.ReadFile(s.logPath())
	return s.process.Output() + string(text)
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "prosody.log") }

func (s *Server) writeFiles() error {
	for _, dir := range []string{"data", "modules", "certs"} {
		if err := os.Mkdir(filepath.Join(s.dir, dir), 0o700); err != nil {
			return err
		}
	}
	entries, err := modules.ReadDir("modules")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		text, err := modules.ReadFile("modules/" + entry.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, "modules", entry.Name()), text, 0o600); err != nil {
			return err
		}
	}
	for path, text := range s.accounts() {
		path = filepath.Join(s.dir, "data", path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(s.dir, "prosody.cfg.lua"), []byte(s.config()), 0o600)
}

var errPortTaken = errors.New("a port was taken by somebody else")

// waitReady asks until Prosody answers as itself on both ports.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := s.probe(ctx)
		if err == nil {
			return nil
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

func (s *Server) probe(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.HTTPAddress()+"/xmpp-websocket", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusBadRequest {
		return fmt.Errorf("GET /xmpp-websocket: %s", response.Status)
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.C2SAddress())
	if err != nil {
		return err
	}
	return conn.Close()
}

func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

func lastLines(text string, n int) string {
	lines := bytes.Split([]byte(strings.TrimRight(text, "\n")), []byte("\n"))
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return string(bytes.Join(lines, []byte("\n")))
}
