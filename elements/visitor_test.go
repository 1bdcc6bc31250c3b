package elements

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"gstjitsi/tests/deployment"
)

// visitors is the web server in front of a deployment and of its server for visitors, which the URL's query tells apart.
func visitors(t *testing.T, main, node *deployment.Deployment) (webSocketURL string) {
	t.Helper()
	to := func(d *deployment.Deployment) http.Handler {
		target, err := url.Parse(d.URL())
		if err != nil {
			t.Fatal(err)
		}
		return httputil.NewSingleHostReverseProxy(target)
	}
	first, second := to(main), to(node)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("vnode") == "v1" {
			second.ServeHTTP(w, r)
			return
		}
		first.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1) + "/xmpp-websocket"
}

// Two real Prosodies: the focus of the first one sends us to the second.
func TestAVisitorIsSentToTheServerForVisitors(t *testing.T) {
	d := deployments(t, map[string]deployment.Options{"main": {VNode: "v1"}, "node": {Domain: "v1.meet.jitsi"}})
	resident := attend(t, d["node"], "nick=Resident")
	resident.becomes("joined")
	visitor := attend(t, d["main"], "nick=Visitor websocket-url="+visitors(t, d["main"], d["node"]))
	visitor.becomes("joined")
	if who := visitor.hears("participant-joined", nil).GetString("nick"); who != "Resident" {
		t.Errorf("the visitor sees %s", who)
	}
	if who := resident.hears("participant-joined", nil).GetString("jid"); !strings.Contains(who, "@v1.meet.jitsi/") {
		t.Errorf("the visitor is %s", who)
	}
	visitor.becomes("in-session")
}
