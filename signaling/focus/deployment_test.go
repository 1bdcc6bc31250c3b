package focus_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/pion/logging"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/disco"
	"gstjitsi/signaling/discovery"
	"gstjitsi/signaling/focus"
	"gstjitsi/signaling/xmpp"
	"gstjitsi/tests/deployment"
)

// A meeting's URL is all that it takes to get to the focus, although no address is the usual one and only the
// deployment's own authority vouches for it.
func TestFromAMeetingsURLToTheFocus(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	d, err := deployment.Start(ctx, deployment.Options{
		Domain: "meet.jitsi", TLS: true,
		LoggerFactory: &logging.DefaultLoggerFactory{Writer: t.Output(), DefaultLogLevel: logging.LogLevelWarn, ScopeLevels: map[string]logging.LogLevel{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	authority, err := os.ReadFile(d.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(authority)
	log := logging.NewDefaultLeveledLoggerForScope("test", logging.LogLevelDebug, t.Output())

	meeting, err := discovery.ParseLocation(d.URL() + "/MyRoom")
	if err != nil {
		t.Fatal(err)
	}
	found, err := discovery.Discover(ctx, meeting, discovery.Options{TLS: config, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	client, err := xmpp.Dial(ctx, xmpp.Config{
		URL: found.WebSocketURL, Domain: found.XMPPDomain, Room: meeting.Room, TLS: config, Info: disco.Info{Node: "urn:test"},
		Handle: func(*xmpp.Client, xmpp.Stanza) {}, Closed: func(error) {}, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close(ctx)

	room, err := jid.New(meeting.Room, found.MUCDomain, "")
	if err != nil {
		t.Fatal(err)
	}
	iq, err := client.Request(ctx, jid.MustParse(found.FocusJID), stanza.SetIQ, focus.Request{Room: room, MachineUID: "m"})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Conference focus.Answer `xml:"http://jitsi.org/protocol/focus conference"`
	}
	if err := iq.Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if a := answer.Conference; !a.Ready || a.FocusJID.String() != found.FocusUserJID || a.Authentication() {
		t.Errorf("got %+v", a)
	}

	elsewhere, _ := jid.New(meeting.Room, "conference.elsewhere.example", "")
	_, err = client.Request(ctx, jid.MustParse(found.FocusJID), stanza.SetIQ, focus.Request{Room: elsewhere})
	var refused *xmpp.Error
	if !errors.As(err, &refused) || refused.Condition != stanza.BadRequest {
		t.Errorf("a room elsewhere: got %v", err)
	}
}
