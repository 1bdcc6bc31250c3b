package focus

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/ws"
	"gstjitsi/signaling/xmpp"
)

// maxAnswer is far more than an answer has.
const maxAnswer = 64 << 10

// Post sends the request to target, a deployment's conferenceRequestUrl, and returns the answer. A refusal is an
// *xmpp.Error with the condition that the XMPP form has for it: not-authorized, not-acceptable where SessionID is
// not valid any more, bad-request. A focus that is not there is service-unavailable: worth another try. What goes
// wrong on the way is a *ws.Error.
//
// The token is for servers that let nobody else ask (8x8's). Redirects are not followed: they would carry it on.
func Post(ctx context.Context, target string, config *tls.Config, token string, r Request) (*Answer, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("request conference: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request conference: %w", ws.HTTPError(target, err))
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{
		Transport:     ws.Transport(config),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("request conference: %w", ws.HTTPError(target, err))
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("request conference: %w", ws.HTTPError(target, err))
	}
	if response.StatusCode != http.StatusOK {
		return nil, refusal(target, response, string(text))
	}
	answer := &Answer{}
	if err := json.Unmarshal(text, answer); err != nil {
		return nil, fmt.Errorf("request conference: %w", ws.HTTPError(target, err))
	}
	return answer, nil
}

// refusal makes of a status what web clients make of it. The body is not shown: it is anybody's.
func refusal(target string, response *http.Response, body string) error {
	e := &xmpp.Error{Type: stanza.Cancel, Text: "HTTP status " + response.Status}
	switch code := response.StatusCode; {
	case code == http.StatusBadRequest && strings.Contains(body, "invalid-session"):
		e.Type, e.Condition = stanza.Modify, stanza.NotAcceptable
	case code == http.StatusBadRequest:
		e.Type, e.Condition = stanza.Modify, stanza.BadRequest
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		e.Type, e.Condition = stanza.Auth, stanza.NotAuthorized
	case code == http.StatusTooManyRequests, code >= http.StatusInternalServerError:
		e.Type, e.Condition = stanza.Wait, stanza.ServiceUnavailable
	default: // not the focus: another path, a redirect
		return fmt.Errorf("request conference: %w", &ws.Error{
			URL: ws.Redact(target), Status: code, Err: fmt.Errorf("the server answers with HTTP status %s", response.Status),
		})
	}
	return e
}
