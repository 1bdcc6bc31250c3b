package discovery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/configjs"
	"gstjitsi/signaling/ws"
)

// DefaultTimeout is for fetching and evaluating config.js. It leaves time to join within ten seconds.
const DefaultTimeout = 4 * time.Second

// Options say how to discover.
type Options struct {
	TLS     *tls.Config   // nil: system roots
	Timeout time.Duration // 0: DefaultTimeout
	Log     logging.LeveledLogger
}

// Discover fetches and evaluates the deployment's config.js: SERVER/TENANT/config.js, and where that is none
// SERVER/config.js. What they don't say, or say in a way that can't be, is filled in from Defaults; without a
// config.js all is. An error means that going on makes no sense: m is malformed, ctx has ended, or the server's
// certificate is wrong (a *ws.Error with TLS set).
func Discover(ctx context.Context, m Meeting, opts Options) (Deployment, error) {
	d, err := Defaults(m)
	if err != nil {
		return Deployment{}, err
	}
	server, _ := parseServer(m.Server) // as Defaults did
	timeout := opts.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, a := range attempts(server, m) {
		err := a.run(limited, &d, opts)
		var failed *ws.Error
		switch {
		case err == nil:
			opts.Log.Debugf("config.js: %s says: %+v", ws.Redact(a.url), d)
			return d, nil
		case ctx.Err() != nil:
			return Deployment{}, fmt.Errorf("discover %s: %w", server.Host, ctx.Err())
		case errors.As(err, &failed) && failed.TLS:
			return Deployment{}, err
		}
		opts.Log.Debugf("config.js: %v", err)
	}
	opts.Log.Debugf("config.js: none for %s, taking the usual addresses: %+v", server.Host, d)
	return d, nil
}

// attempt is one place where config.js may be.
type attempt struct {
	url     string
	page    configjs.Page
	meeting Meeting
	// ofTenant is false where the file is the whole deployment's although the meeting has a tenant.
	ofTenant bool
}

func attempts(server *url.URL, m Meeting) []attempt {
	base := url.URL{Scheme: server.Scheme, Host: server.Host, Path: "/"}
	root := base.JoinPath(server.Path)
	page := configjs.Page{URL: root.JoinPath(m.Tenant, m.Room).String()}
	if m.Tenant != "" {
		page.Subdomain, page.Subdir = m.Tenant+".", m.Tenant+"/"
	}
	list := []attempt{{root.JoinPath(m.Tenant, "config.js").String(), page, m, true}}
	if m.Tenant != "" {
		list = append(list, attempt{root.JoinPath("config.js").String(), page, m, false})
	}
	return list
}

func (a attempt) run(ctx context.Context, d *Deployment, opts Options) error {
	opts.Log.Debugf("config.js: trying %s", ws.Redact(a.url))
	source, err := fetch(ctx, a.url, opts.TLS)
	if err != nil {
		return err
	}
	config, thrown, err := configjs.Eval(ctx, source, a.page, paths)
	if err != nil {
		return fmt.Errorf("evaluate %s: %w", ws.Redact(a.url), err)
	}
	if thrown != nil {
		opts.Log.Debugf("config.js: %s fails after it has set config: %v", ws.Redact(a.url), thrown)
	}
	r := reader{config: config, page: a.page.URL, log: opts.Log}
	r.apply(d, a)
	return nil
}
