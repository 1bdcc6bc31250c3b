package conference

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// httpFocus answers conference requests by HTTP, one after the other as told; the last answer stays.
func httpFocus(t *testing.T, answers ...func(http.ResponseWriter, map[string]any)) (url string, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request map[string]any
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		n := int(asked.Add(1))
		answers[min(n, len(answers))-1](w, request)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/conference-request/v1", asked
}

func says(body string) func(http.ResponseWriter, map[string]any) {
	return func(w http.ResponseWriter, _ map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}
}

func refusesWith(status int) func(http.ResponseWriter, map[string]any) {
	return func(w http.ResponseWriter, _ map[string]any) { w.WriteHeader(status) }
}

func TestTheFocusIsAskedByHTTPWhereTheDeploymentWantsThat(t *testing.T) {
	s := newServer(t)
	s.answers["<conference"] = iqError("focus.jitsi.test", "forbidden") // not this way
	cfg := testConfig(s)
	cfg.StartAudioMuted = "3"
	var asked *atomic.Int32
	cfg.ConferenceRequestURL, asked = httpFocus(t, refusesWith(http.StatusServiceUnavailable), says(`{"ready":false}`),
		func(w http.ResponseWriter, request map[string]any) {
			properties, _ := request["properties"].(map[string]any)
			if request["room"] != testRoom || request["machineUid"] != testID || properties["startAudioMuted"] != "3" || properties["startVideoMuted"] != nil {
				t.Errorf("got %v", request)
			}
			says(`{"ready":true,"focusJid":"focus@auth.jitsi.test"}`)(w, request)
		})
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	if n := asked.Load(); n != 3 {
		t.Errorf("it was asked %d times", n)
	}
}

func TestTheFocusRefusesByHTTP(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(http.ResponseWriter, map[string]any)
		want   Reason
	}{
		{"a login is required", refusesWith(http.StatusForbidden), NotAuthorized},
		{"another path", refusesWith(http.StatusNotFound), FocusNotReady},
		{"nothing that makes sense", says("<html>"), FocusNotReady},
		{"a conference that has not begun", says(`{"ready":true,"properties":{"live":"false"}}`), FocusNotReady},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig(newServer(t))
			cfg.ConferenceRequestURL, _ = httpFocus(t, tt.answer)
			var got *Error
			if err := start(t, cfg).end(); !errors.As(err, &got) || got.Reason != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestASessionWithTheFocusThatIsOverIsForgotten(t *testing.T) {
	cfg := testConfig(newServer(t))
	cfg.ConferenceRequestURL, _ = httpFocus(t, says(`{"ready":false,"sessionId":"old"}`),
		func(w http.ResponseWriter, request map[string]any) {
			if request["sessionId"] != "old" {
				t.Errorf("got %v", request)
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte("invalid-session"))
		},
		func(w http.ResponseWriter, request map[string]any) {
			if request["sessionId"] != nil {
				t.Errorf("got %v", request)
			}
			says(`{"ready":true}`)(w, request)
		})
	start(t, cfg).reaches(Connecting, Joined)
}

// Visitors are sent to a server of their own, where they don't ask for the focus again. A password does not go there.
func TestAVisitorGoesWhereTheFocusSaysSo(t *testing.T) {
	s := newServer(t)
	s.answers["<conference"] = `<iq from='focus.jitsi.test' to='` + testJID + `' type='result' xmlns='jabber:client' id='ID'>` +
		`<conference ready='true' vnode='v1' focusjid='focus@auth.jitsi.test' xmlns='http://jitsi.org/protocol/focus'/></iq>`
	s.answers[`to="cap-a@conference.v1.meet.jitsi/`] = strings.ReplaceAll(presenceOf(testID, "visitor", `<status code='110'/>`), testRoom, "cap-a@conference.v1.meet.jitsi")
	g := start(t, testConfig(s))
	g.reaches(Connecting, Joined)
	s.expect(`<open `, `to="jitsi.test"`)
	s.expect(`<conference `)
	s.expect(`<open `, `to="v1.meet.jitsi"`)
	s.expect(`<presence `)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.query != "room=cap-a&vnode=v1" {
		t.Errorf("the URL's query is %q", s.query)
	}
	if role := g.Snapshot().Role; role != "visitor" {
		t.Errorf("our role is %q", role)
	}
}

func TestAServerForVisitorsMustHaveAName(t *testing.T) {
	s := newServer(t)
	s.answers["<conference"] = `<iq from='focus.jitsi.test' to='` + testJID + `' type='result' xmlns='jabber:client' id='ID'>` +
		`<conference ready='true' vnode='evil.example/?x=' xmlns='http://jitsi.org/protocol/focus'/></iq>`
	var got *Error
	if err := start(t, testConfig(s)).end(); !errors.As(err, &got) || got.Reason != FocusNotReady {
		t.Errorf("got %v", err)
	}
}

// Jicofo says nothing where it can't join the room itself: `make test-against` on a real one has shown it.
func TestASilentFocusWithoutRoomsIsExplained(t *testing.T) {
	s := newServer(t)
	s.answers["<conference"] = ""
	s.answers["disco#info"] = iqError("conference.jitsi.test", "not-allowed")
	err := start(t, testConfig(s)).end()
	var got *Error
	if !errors.As(err, &got) || got.Reason != RoomNotFound || !strings.Contains(err.Error(), "conference.jitsi.test") {
		t.Errorf("got %v", err)
	}
}
