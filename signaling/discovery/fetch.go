package discovery

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"

	"gstjitsi/signaling/ws"
)

const (
	maxBody      = 1 << 20 // the stock config.js has 80 KiB
	maxRedirects = 3
)

// fetch gets a text by HTTP. The page's token is not sent along, so redirects may go to other hosts, but not
// from TLS to none: what it says is believed because of the certificate.
func fetch(ctx context.Context, target string, config *tls.Config) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return "", ws.HTTPError(target, err)
	}
	client := http.Client{Transport: ws.Transport(config), CheckRedirect: checkRedirect}
	response, err := client.Do(request)
	if err != nil {
		return "", ws.HTTPError(target, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return "", &ws.Error{
			URL: ws.Redact(target), Status: response.StatusCode,
			Err: fmt.Errorf("the server answers with HTTP status %s", response.Status),
		}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	switch {
	case err != nil:
		return "", ws.HTTPError(target, fmt.Errorf("read the answer: %w", err))
	case len(body) > maxBody:
		return "", ws.HTTPError(target, fmt.Errorf("the answer has more than %d bytes", maxBody))
	}
	return string(body), nil
}

func checkRedirect(next *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return fmt.Errorf("more than %d redirects", maxRedirects)
	case via[0].URL.Scheme == "https" && next.URL.Scheme != "https":
		return errors.New("a redirect from https to http")
	case next.URL.User != nil:
		return errors.New("a redirect to a URL with a user name")
	}
	return nil
}
