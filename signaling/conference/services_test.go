package conference

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

func servicesWith(password string, life time.Duration) *string {
	answer := `<iq from='jitsi.test' to='` + testJID + `' type='result' xmlns='jabber:client' id='ID'><services xmlns='urn:xmpp:extdisco:2'>` +
		`<service type='turn' host='h' username='u' password='` + password + `' expires='` + time.Now().Add(life).UTC().Format(time.RFC3339) + `'/></services></iq>`
	return &answer
}

// The server is asked again before credentials expire, and once more where it has no answer then.
func TestCredentialsOfServersAreRenewed(t *testing.T) {
	s := newServer(t)
	s.answers["extdisco"] = *servicesWith("first", -time.Minute)
	cfg := testConfig(s)
	cfg.ServiceInterval = 50 * time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	g.hasCredentials("first")
	refusal := iqError("jitsi.test", "internal-server-error")
	s.set("extdisco", &refusal)
	s.expect("extdisco")
	s.expect("extdisco")
	s.expect("extdisco")
	g.hasCredentials("first")
	s.set("extdisco", servicesWith("second", time.Hour))
	g.hasCredentials("second")
}

// hasCredentials waits for those of the server, which no event tells of.
func (g *guest) hasCredentials(password string) {
	g.t.Helper()
	for deadline := time.Now().Add(patience); ; runtime.Gosched() {
		if now := g.Snapshot().ICEServers; len(now) == 1 && now[0].Password == password {
			return
		}
		if time.Now().After(deadline) {
			g.t.Fatalf("the credentials are not the %s", password)
		}
	}
}

// A deployment that has no such service is not asked again and again.
func TestWhereThereAreNoServersNobodyAsksAgain(t *testing.T) {
	s := newServer(t)
	s.answers["extdisco"] = iqError("jitsi.test", "service-unavailable")
	cfg := testConfig(s)
	cfg.ServiceInterval = time.Millisecond
	g := start(t, cfg)
	g.reaches(Connecting, Joined)
	s.expect("extdisco")
	g.SendChat("later", "")
	for {
		in := s.expect("<")
		if strings.Contains(in, "extdisco") {
			t.Fatal("it is asked again")
		}
		if strings.Contains(in, "later") {
			return
		}
	}
}
