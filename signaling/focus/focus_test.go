package focus

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/ws"
	"gstjitsi/signaling/xmpp"
)

var request = Request{
	Room: jid.MustParse("cap-a@conference.jitsi.test"), MachineUID: "d0718b8f874e4a62b44a9614a30dc47a",
	Properties: map[string]string{"visitors-version": "1", "rtcstatsEnabled": "false"},
}

func TestRequests(t *testing.T) {
	t.Run("in XML, as in the recording a-alice", func(t *testing.T) {
		got, err := xml.Marshal(request)
		want := `<conference xmlns="http://jitsi.org/protocol/focus" machine-uid="d0718b8f874e4a62b44a9614a30dc47a" room="cap-a@conference.jitsi.test">` +
			`<property name="rtcstatsEnabled" value="false"></property><property name="visitors-version" value="1"></property></conference>`
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v", got, err)
		}
	})
	t.Run("in JSON", func(t *testing.T) {
		r := request
		r.SessionID = "s"
		got, err := json.Marshal(r)
		want := `{"room":"cap-a@conference.jitsi.test","machineUid":"d0718b8f874e4a62b44a9614a30dc47a","sessionId":"s",` +
			`"properties":{"rtcstatsEnabled":"false","visitors-version":"1"}}`
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestAnswersSayTheSameInBothForms(t *testing.T) {
	for _, tt := range []struct {
		name, xml, json string
		want            Answer
	}{
		{"ready, as in the recording a-alice",
			`<conference room='cap-a@conference.jitsi.test' xmlns='http://jitsi.org/protocol/focus' focusjid='focus@auth.jitsi.test' ready='true'><property value='false' name='authentication'/><property value='false' name='visitors-supported'/></conference>`,
			`{"room":"cap-a@conference.jitsi.test","ready":true,"focusJid":"focus@auth.jitsi.test","properties":{"authentication":false,"visitors-supported":"false"}}`,
			Answer{Ready: true, FocusJID: jid.MustParse("focus@auth.jitsi.test"), Properties: map[string]string{"authentication": "false", "visitors-supported": "false"}}},
		{"not ready", `<conference xmlns='http://jitsi.org/protocol/focus'/>`, `{}`, Answer{Properties: map[string]string{}}},
		{"visitors go elsewhere",
			`<conference xmlns='http://jitsi.org/protocol/focus' ready='true' vnode='v1' session-id='s' identity='me'><property name='live' value='false'/></conference>`,
			`{"ready":true,"vnode":"v1","sessionId":"s","identity":"me","properties":{"live":false}}`,
			Answer{Ready: true, VNode: "v1", SessionID: "s", Identity: "me", Properties: map[string]string{"live": "false"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var fromXML, fromJSON Answer
			if err := errors.Join(xml.Unmarshal([]byte(tt.xml), &fromXML), json.Unmarshal([]byte(tt.json), &fromJSON)); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(fromXML, tt.want) || !reflect.DeepEqual(fromJSON, tt.want) {
				t.Errorf("got %+v and %+v, want %+v", fromXML, fromJSON, tt.want)
			}
		})
	}
}

func TestProperties(t *testing.T) {
	a := Answer{Properties: map[string]string{"authentication": "true", "visitors-supported": "true", "live": "false"}}
	if !a.Authentication() || !a.VisitorsSupported() || a.Live() {
		t.Errorf("got %t, %t, %t", a.Authentication(), a.VisitorsSupported(), a.Live())
	}
	if a = (Answer{}); a.Authentication() || a.VisitorsSupported() || !a.Live() {
		t.Errorf("nothing said: got %t, %t, %t", a.Authentication(), a.VisitorsSupported(), a.Live())
	}
}

func TestAnswersThatMakeNoSense(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "<html>", "another type": `{"ready":"perhaps"}`, "no address": `{"focusJid":"@@"}`,
		"a path": `{"vnode":"../x"}`, "another domain": `{"vnode":"evil.example"}`,
	} {
		if err := json.Unmarshal([]byte(text), &Answer{}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := xml.Unmarshal([]byte(`<conference xmlns='http://jitsi.org/protocol/focus' focusjid='@@'/>`), &Answer{}); err == nil {
		t.Error("no address in XML: no error")
	}
}

func post(t *testing.T, target string) (*Answer, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	answer, err := Post(ctx, target+"/conference-request/v1?room=cap-a&token=hunter2", nil, "hunter2", request)
	if err != nil && strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the token is in the error: %v", err)
	}
	return answer, err
}

func TestPost(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Room string }
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &in); err != nil || r.Method != http.MethodPost || in.Room != request.Room.String() ||
			r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "Bearer hunter2" {
			t.Errorf("got %s %s with %v: %v", r.Method, body, r.Header, err)
		}
		_, _ = io.WriteString(w, `{"ready":true,"focusJid":"focus@auth.jitsi.test"}`)
	}))
	defer server.Close()
	answer, err := post(t, server.URL)
	if err != nil || !answer.Ready || answer.FocusJID.String() != "focus@auth.jitsi.test" {
		t.Errorf("got %+v, %v", answer, err)
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name      string
		status    int
		body      string
		condition stanza.Condition // empty: a ws.Error
	}{
		{"nobody may", http.StatusForbidden, "", stanza.NotAuthorized},
		{"nobody without a token may", http.StatusUnauthorized, "hunter2", stanza.NotAuthorized},
		{"the session is over", http.StatusBadRequest, "HTTP 400 invalid-session", stanza.NotAcceptable},
		{"no such room can be", http.StatusBadRequest, "hunter2", stanza.BadRequest},
		{"too many at a time", http.StatusTooManyRequests, "", stanza.ServiceUnavailable},
		{"the focus is away", http.StatusBadGateway, "hunter2", stanza.ServiceUnavailable},
		{"not there", http.StatusNotFound, "", ""},
		{"elsewhere", http.StatusTemporaryRedirect, "", ""},
		{"something else", http.StatusOK, "<!DOCTYPE html>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "http://127.0.0.1:1/")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			}))
			defer server.Close()
			_, err := post(t, server.URL)
			var refused *xmpp.Error
			var failed *ws.Error
			switch {
			case tt.condition != "" && (!errors.As(err, &refused) || refused.Condition != tt.condition):
				t.Errorf("got %v", err)
			case tt.condition == "" && !errors.As(err, &failed):
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNobodyAnswers(t *testing.T) {
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	defer tls.Close()
	for name, tt := range map[string]struct {
		url string
		tls bool
	}{
		"nobody listens": {"http://127.0.0.1:1", false}, "an unknown authority": {tls.URL, true}, "no URL": {"http://[", false},
	} {
		_, err := post(t, tt.url)
		var failed *ws.Error
		if !errors.As(err, &failed) || failed.TLS != tt.tls {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
