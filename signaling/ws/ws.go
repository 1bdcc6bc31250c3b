// Package ws opens WebSocket connections the way all of ours are opened: with the TLS configuration of the
// user, a read limit, HTTP/1.1 and no redirects, and with errors that never show a URL's query, where tokens
// and passwords are.
package ws

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/coder/websocket"
)

// ReadLimit is the longest message that we accept, in bytes. The library's own limit of 32 KiB is less than
// the sources of a large conference need.
const ReadLimit = 4 << 20

// Error is a connection that could not be opened.
type Error struct {
	URL    string // without its query
	Status int    // of the HTTP answer that was no WebSocket, 0 where there was none
	TLS    bool   // the certificate or the TLS handshake is at fault
	Err    error
}

func (e *Error) Error() string { return "connect to " + e.URL + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Dial opens a connection to a ws or wss URL. A subprotocol that is asked for must be granted.
func Dial(ctx context.Context, rawURL string, config *tls.Config, subprotocol string) (*Conn, error) {
	shown := Redact(rawURL)
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, &Error{URL: shown, Err: errors.New("not a ws or wss URL")}
	}
	var local localAddress
	options := &websocket.DialOptions{HTTPClient: client(config, &local)}
	if subprotocol != "" {
		options.Subprotocols = []string{subprotocol}
	}
	conn, resp, err := websocket.Dial(ctx, rawURL, options)
	if err != nil {
		return nil, dialError(rawURL, resp, err)
	}
	if conn.Subprotocol() != subprotocol {
		_ = conn.CloseNow()
		return nil, &Error{URL: shown, Err: fmt.Errorf("the server does not speak the sub-protocol %q", subprotocol)}
	}
	conn.SetReadLimit(ReadLimit)
	return &Conn{conn, local.Load()}, nil
}

// client makes an HTTP client for one handshake. It follows no redirects, which could carry the query elsewhere.
func client(config *tls.Config, local *localAddress) *http.Client {
	transport := Transport(config)
	transport.DialContext = local.note(transport.DialContext)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Transport is how all of our HTTP goes, that of WebSockets and other: with the user's TLS configuration and
// proxy, without connections that are kept, and without HTTP/2 (RFC 6455 needs 1.1).
func Transport(config *tls.Config) *http.Transport {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     config.Clone(),
		TLSHandshakeTimeout: 10 * time.Second,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{},
		DisableKeepAlives:   true,
	}
}

// HTTPError is the error of an HTTP request to rawURL in the form of Dial's.
func HTTPError(rawURL string, err error) *Error {
	e := &Error{URL: Redact(rawURL), Err: err}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		e.Err = inURL.Err
	}
	e.TLS = isTLS(e.Err)
	return e
}

// dialError keeps the cause and drops the texts around it, which contain the URL.
func dialError(rawURL string, resp *http.Response, err error) error {
	if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
		return &Error{
			URL: Redact(rawURL), Status: resp.StatusCode,
			Err: fmt.Errorf("the server answers with HTTP status %s", resp.Status),
		}
	}
	return HTTPError(rawURL, err)
}

func isTLS(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		hostname     x509.HostnameError
		invalid      x509.CertificateInvalidError
		record       tls.RecordHeaderError
		alert        tls.AlertError
		operation    *net.OpError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		errors.As(err, &invalid) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.Is(err, http.ErrSchemeMismatch) ||
		errors.As(err, &operation) && operation.Op == "remote error" // how crypto/tls reports a peer's alert
}

// Redact is rawURL without its query, its fragment and its user.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "(malformed URL)"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
