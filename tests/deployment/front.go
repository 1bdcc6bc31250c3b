package deployment

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/pion/logging"
)

// front is the web server in front of everything: the one address that clients know.
type front struct {
	deployment *Deployment
	log        logging.LeveledLogger
	server     *http.Server
	listener   net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
}

func newFront(d *Deployment) (*front, error) {
	f := &front{deployment: d, log: d.opts.LoggerFactory.NewLogger("front"), conns: map[net.Conn]bool{}}
	listener, err := net.Listen("tcp", netip.AddrPortFrom(d.opts.Address, uint16(d.opts.Port)).String())
	if err != nil {
		return nil, fmt.Errorf("open the front's port: %w", err)
	}
	f.listener = &countedListener{listener, f}
	if d.opts.TLS {
		f.listener = tls.NewListener(f.listener, &tls.Config{Certificates: []tls.Certificate{d.identity.certificate}, NextProtos: []string{"http/1.1"}})
	}
	mux := http.NewServeMux()
	target := &url.URL{Scheme: "http", Host: d.prosody.HTTPAddress()}
	mux.Handle("/xmpp-websocket", &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			f.log.Debugf("pass %s on to Prosody: %v", r.URL.Path, err)
			w.WriteHeader(http.StatusBadGateway)
		},
		ErrorLog: log.New(debugWriter{f.log}, "", 0),
	})
	mux.Handle("/colibri-ws/", d.bridge)
	mux.HandleFunc("/config.js", f.serveConfig)
	mux.HandleFunc("POST /conference-request/v1", f.requestConference)
	mux.HandleFunc("/", f.servePage)
	f.server = &http.Server{Handler: mux, ErrorLog: log.New(debugWriter{f.log}, "", 0)}
	go f.server.Serve(f.listener) // ends with close
	return f, nil
}

// debugWriter takes what the HTTP packages would write to standard error: connections that tests cut, mostly.
type debugWriter struct{ log logging.LeveledLogger }

func (w debugWriter) Write(line []byte) (int, error) {
	w.log.Debugf("%s", bytes.TrimSpace(line))
	return len(line), nil
}

// url gives the front's address for a scheme, http or ws, with TLS where it is on.
func (f *front) url(scheme string) string {
	if f.deployment.opts.TLS {
		scheme += "s"
	}
	port := f.listener.Addr().(*net.TCPAddr).Port
	return scheme + "://" + net.JoinHostPort(f.deployment.opts.Host, strconv.Itoa(port))
}

// serveConfig answers as a real deployment's config.js: a script that sets the variable config.
func (f *front) serveConfig(w http.ResponseWriter, _ *http.Request) {
	d := f.deployment
	hosts := map[string]any{"domain": d.Domain(), "muc": d.MUCDomain(), "focus": d.FocusDomain()}
	if d.opts.Guests {
		hosts["anonymousdomain"] = d.prosody.GuestDomain()
	}
	config := map[string]any{
		"hosts":        hosts,
		"websocket":    d.WebSocketURL(),
		"focusUserJid": d.FocusJID(),
	}
	if d.opts.SSRCRewriting {
		config["flags"] = map[string]any{"ssrcRewritingEnabled": true, "rtpMidDemuxEnabled": !d.opts.NoMID}
	}
	for name, value := range d.opts.Config {
		if value == nil {
			delete(config, name)
		} else {
			config[name] = value
		}
	}
	text, err := json.MarshalIndent(config, "", "    ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/javascript")
	fmt.Fprintf(w, "var config = %s;\n", text)
}

// requestConference asks the focus to come to a room, as Jicofo's conference-request API does.
func (f *front) requestConference(w http.ResponseWriter, r *http.Request) {
	d := f.deployment
	var request struct {
		Room string `json:"room"`
	}
	err := json.NewDecoder(io.LimitReader(r.Body, 1<<16)).Decode(&request)
	room, domain, _ := strings.Cut(request.Room, "@")
	if err != nil || room == "" || domain != d.MUCDomain() {
		http.Error(w, "no room of this deployment", http.StatusBadRequest)
		return
	}
	if d.focus == nil {
		http.Error(w, "there is no focus", http.StatusServiceUnavailable)
		return
	}
	if err := d.CreateRoom(r.Context(), room); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{ // the client may have gone
		"ready": true, "room": request.Room, "focusJid": d.FocusJID(), "properties": map[string]any{"authentication": "false"},
	})
}

func (f *front) servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintln(w, "<!DOCTYPE html><title>Jitsi Meet</title><p>A local deployment. Join with the element, not with a browser.")
}

func (f *front) close() {
	f.server.Close()
	f.dropConnections() // WebSockets aren't the server's any more
}

func (f *front) dropConnections() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for conn := range f.conns {
		conn.Close()
	}
}

// countedListener knows its connections.
type countedListener struct {
	net.Listener
	front *front
}

func (l *countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	counted := &countedConn{conn, l.front}
	l.front.mu.Lock()
	l.front.conns[counted] = true
	l.front.mu.Unlock()
	return counted, nil
}

type countedConn struct {
	net.Conn
	front *front
}

func (c *countedConn) Close() error {
	go func() { // Close is called with the lock held, too
		c.front.mu.Lock()
		delete(c.front.conns, c)
		c.front.mu.Unlock()
	}()
	return c.Conn.Close()
}
