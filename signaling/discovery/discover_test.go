package discovery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/ws"
)

// site serves files by path, and what else a test wants.
type site map[string]any

func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f := s[r.URL.Path].(type) {
	case string:
		_, _ = fmt.Fprint(w, f)
	case http.HandlerFunc:
		f(w, r)
	default:
		http.NotFound(w, r)
	}
}

func discover(t *testing.T, m Meeting, change func(*Options)) (Deployment, string, error) {
	t.Helper()
	var log strings.Builder
	opts := Options{Log: logging.NewDefaultLeveledLoggerForScope("discovery", logging.LogLevelDebug, &log)}
	if change != nil {
		change(&opts)
	}
	d, err := Discover(t.Context(), m, opts)
	t.Log(log.String())
	if strings.Contains(log.String(), "hunter2") || err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Error("the token is in the log or in the error")
	}
	return d, log.String(), err
}

func serve(t *testing.T, s http.Handler) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return server.URL
}

const small = `var config = {hosts: {domain: 'xmpp.test', muc: 'rooms.xmpp.test'}, websocket: 'ws://edge.test/ws'}`

func TestDiscover(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		change       func(*Deployment) // of the defaults
	}{
		{"an empty config changes nothing", "var config = {}", func(*Deployment) {}},
		{"hosts and WebSocket", small, func(d *Deployment) {
			d.XMPPDomain, d.MUCDomain, d.FocusJID, d.WebSocketURL = "xmpp.test", "rooms.xmpp.test", "focus.xmpp.test", "ws://edge.test/ws"
		}},
		{"a domain implies the others", `var config = {hosts: {domain: 'xmpp.test'}}`, func(d *Deployment) {
			d.XMPPDomain, d.MUCDomain, d.FocusJID = "xmpp.test", "conference.xmpp.test", "focus.xmpp.test"
		}},
		{"a focus of another name", `var config = {hosts: {focus: 'jicofo.xmpp.test'}, focusUserJid: 'focus@auth.xmpp.test'}`, func(d *Deployment) {
			d.FocusJID, d.FocusUserJID = "jicofo.xmpp.test", "focus@auth.xmpp.test"
		}},
		{"BOSH alone tells the host", `var config = {bosh: '//edge.test/a/http-bind'}`, func(d *Deployment) {
			d.WebSocketURL = "ws://edge.test/a/xmpp-websocket"
		}},
		{"relative URLs", `var config = {websocket: '//edge.test/xmpp-websocket?x=1', conferenceRequestUrl: '/conference-request/v1', websocketKeepAliveUrl: 'https://edge.test/_unlock'}`, func(d *Deployment) {
			d.WebSocketURL, d.KeepAliveURL = "ws://edge.test/xmpp-websocket?x=1", "https://edge.test/_unlock"
			d.ConferenceRequestURL = "SERVER/conference-request/v1"
		}},
		{"guests, recorders, regions", `var config = {hosts: {anonymousdomain: 'guest.test'}, hiddenDomain: 'recorder.test', deploymentInfo: {region: 'eu', userRegion: 'us'}}`, func(d *Deployment) {
			d.AnonymousDomain, d.HiddenDomain, d.Region, d.UserRegion = "guest.test", "recorder.test", "eu", "us"
		}},
		{"flags", `var config = {flags: {ssrcRewritingEnabled: true, rtpMidDemuxEnabled: true, sourceNameSignaling: false, sendMultipleVideoStreams: 'yes'}}`, func(d *Deployment) {
			d.Flags = Flags{SSRCRewriting: On, RTPMIDDemux: On, SourceNameSignaling: Off}
		}},
		{"how many may begin unmuted", `var config = {startAudioMuted: 10, startVideoMuted: 0}`, func(d *Deployment) {
			d.StartMuted = StartMuted{Audio: "10", Video: "0"}
		}},
		{"all may begin unmuted", `var config = {startAudioMuted: -1, startVideoMuted: '5'}`, func(*Deployment) {}},
		{"what can't be is left out", `var config = {
			hosts: {domain: 'a@b', muc: '<!--# echo -->', focus: {}, anonymousdomain: 5}, websocket: 'https://x.test/', bosh: 'javascript:x',
			conferenceRequestUrl: 'http://me:hunter2@x.test/', websocketKeepAliveUrl: 'http://[', focusUserJid: '@', deploymentInfo: {region: 'x'.split('').join() + '` +
			strings.Repeat("r", maxRegion) + `', userRegion: 'a\nb'}, flags: null}`, func(*Deployment) {}},
		{"an endless script", "var config = {hosts: {domain: 'evil.test'}}; for (;;) {}", func(*Deployment) {}},
		{"a page instead of a script", "<!DOCTYPE html><title>Jitsi Meet</title>", func(*Deployment) {}},
		{"a script that fails behind its config", small + "; there.is.none", func(d *Deployment) {
			d.XMPPDomain, d.MUCDomain, d.FocusJID, d.WebSocketURL = "xmpp.test", "rooms.xmpp.test", "focus.xmpp.test", "ws://edge.test/ws"
		}},
		{"a huge file", small + strings.Repeat(" ", maxBody), func(*Deployment) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Meeting{Server: serve(t, site{"/config.js": tt.script}), Room: "lab", Token: "hunter2"}
			want, err := Defaults(m)
			if err != nil {
				t.Fatal(err)
			}
			tt.change(&want)
			want.ConferenceRequestURL = strings.Replace(want.ConferenceRequestURL, "SERVER", m.Server, 1)
			got, _, err := discover(t, m, nil)
			if err != nil || got != want {
				t.Errorf("got %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestTenants(t *testing.T) {
	const includes = `var s = '<!--# echo var="subdomain" default="" -->'; var p = '<!--# echo var="subdir" default="" -->';
		var config = {hosts: {domain: 'x.test', muc: 'conference.' + s.toLowerCase() + 'x.test'}, websocket: 'ws://x.test/' + p + 'xmpp-websocket'}`
	const plain = `var config = {hosts: {domain: 'x.test', muc: 'conference.x.test'}, websocket: 'ws://x.test/xmpp-websocket'}`
	for _, tt := range []struct {
		name           string
		site           site
		tenant         string
		muc, webSocket string
	}{
		{"the tenant's file is taken as it is", site{"/Acme/config.js": plain, "/config.js": includes}, "Acme", "conference.x.test", "ws://x.test/xmpp-websocket"},
		{"the tenant is put into its file", site{"/Acme/config.js": includes}, "Acme", "conference.acme.x.test", "ws://x.test/Acme/xmpp-websocket"},
		{"else into the server's", site{"/config.js": includes}, "Acme", "conference.acme.x.test", "ws://x.test/Acme/xmpp-websocket"},
		{"a server's file that knows no tenants", site{"/config.js": plain}, "Acme", "conference.acme.x.test", "ws://x.test/xmpp-websocket"},
		{"every path gives the page", site{"/Acme/config.js": "<!DOCTYPE html>", "/config.js": includes}, "Acme", "conference.acme.x.test", "ws://x.test/Acme/xmpp-websocket"},
		{"without a tenant nothing is put in", site{"/config.js": includes}, "", "conference.x.test", "ws://x.test/xmpp-websocket"},
		{"a tenant that is code is not put in", site{"/config.js": includes}, "';x='", "conference.x.test", "ws://x.test/xmpp-websocket"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := discover(t, Meeting{Server: serve(t, tt.site), Tenant: tt.tenant, Room: "lab"}, nil)
			if tt.tenant != "Acme" && tt.tenant != "" {
				tt.muc = "conference." + subdomain(tt.tenant) + "x.test" // no domain, which joining will say
			}
			if err != nil || got.MUCDomain != tt.muc || got.WebSocketURL != tt.webSocket {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestTheLogShowsTheOrder(t *testing.T) {
	_, log, err := discover(t, Meeting{Server: serve(t, site{}), Tenant: "Acme", Room: "lab", Token: "hunter2"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	rest := log
	for _, step := range []string{"trying", "/Acme/config.js", "404", "trying", "/config.js", "404", "the usual addresses", "conference.acme."} {
		_, after, ok := strings.Cut(rest, step)
		if !ok {
			t.Fatalf("%q is not in %q", step, rest)
		}
		rest = after
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(site{})
	server.Close()
	d, log, err := discover(t, Meeting{Server: server.URL, Room: "lab"}, nil)
	if err != nil || d.XMPPDomain != "127.0.0.1" || !strings.Contains(log, "refused") {
		t.Errorf("got %+v, %v", d, err)
	}
}

func TestTLS(t *testing.T) {
	script := `var config = {hosts: {domain: 'x.test'}, websocket: 'ws://x.test/plain', bosh: '//x.test/http-bind', conferenceRequestUrl: 'http://x.test/'}`
	server := httptest.NewTLSServer(site{"/config.js": script})
	defer server.Close()
	m := Meeting{Server: server.URL, Room: "lab"}
	t.Run("an unknown authority is an error", func(t *testing.T) {
		_, _, err := discover(t, m, nil)
		var failed *ws.Error
		if !errors.As(err, &failed) || !failed.TLS {
			t.Errorf("got %v", err)
		}
	})
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	known := func(o *Options) { o.TLS = &tls.Config{RootCAs: roots} }
	t.Run("a page by https leads nowhere without TLS", func(t *testing.T) {
		d, _, err := discover(t, m, known)
		if err != nil || d.XMPPDomain != "x.test" || d.WebSocketURL != "wss://x.test/xmpp-websocket" || d.ConferenceRequestURL != "" {
			t.Errorf("got %+v, %v", d, err)
		}
	})
	t.Run("nor do redirects", func(t *testing.T) {
		plain := serve(t, site{"/config.js": script})
		away := httptest.NewTLSServer(http.RedirectHandler(plain+"/config.js", http.StatusFound))
		defer away.Close()
		roots.AddCert(away.Certificate())
		d, log, err := discover(t, Meeting{Server: away.URL, Room: "lab"}, known)
		if err != nil || d.XMPPDomain != "127.0.0.1" || !strings.Contains(log, "from https to http") {
			t.Errorf("got %+v, %v", d, err)
		}
	})
}

func TestRedirects(t *testing.T) {
	t.Run("one is followed", func(t *testing.T) {
		moved := http.RedirectHandler("/new/config.js?v=2", http.StatusMovedPermanently)
		s := site{"/config.js": http.HandlerFunc(moved.ServeHTTP), "/new/config.js": small}
		d, _, err := discover(t, Meeting{Server: serve(t, s), Room: "lab"}, nil)
		if err != nil || d.XMPPDomain != "xmpp.test" {
			t.Errorf("got %+v, %v", d, err)
		}
	})
	t.Run("a circle ends", func(t *testing.T) {
		asked := 0
		s := site{"/config.js": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked++
			http.Redirect(w, r, "/config.js", http.StatusFound)
		})}
		_, log, err := discover(t, Meeting{Server: serve(t, s), Room: "lab"}, nil)
		if err != nil || !strings.Contains(log, "redirects") || asked > maxRedirects+1 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	})
}

// A server that begins to answer and stops, or never begins, costs the time limit and no more.
func TestASlowServer(t *testing.T) {
	for name, begin := range map[string]string{"nothing comes": "", "half of it comes": "var config = {"} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			server := serve(t, site{"/config.js": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = fmt.Fprint(w, begin)
				if begin != "" {
					w.(http.Flusher).Flush()
				}
				<-over
			})})
			t.Cleanup(func() { close(over) }) // before the server's end, which waits for it
			started := time.Now()
			d, _, err := discover(t, Meeting{Server: server, Room: "lab"}, func(o *Options) { o.Timeout = 100 * time.Millisecond })
			if err != nil || d.XMPPDomain != "127.0.0.1" || time.Since(started) > 3*time.Second {
				t.Errorf("got %+v, %v after %s", d, err, time.Since(started))
			}
		})
	}
}

func TestTheCallerCanStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	log := logging.NewDefaultLeveledLoggerForScope("discovery", logging.LogLevelDebug, t.Output())
	if _, err := Discover(ctx, Meeting{Server: "http://127.0.0.1:1", Room: "lab"}, Options{Log: log}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := Discover(t.Context(), Meeting{Server: "ftp://x"}, Options{Log: log}); err == nil {
		t.Error("a server that is none is no error")
	}
}

func TestGuestsHaveADomainOfTheirOwn(t *testing.T) {
	d := Deployment{XMPPDomain: "meet.test"}
	if got := d.LoginDomain(true); got != "meet.test" {
		t.Errorf("got %s", got)
	}
	d.AnonymousDomain = "guest.meet.test"
	if guest, member := d.LoginDomain(true), d.LoginDomain(false); guest != "guest.meet.test" || member != "meet.test" {
		t.Errorf("got %s and %s", guest, member)
	}
}
