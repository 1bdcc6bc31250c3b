package deployment_test

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
)

// TestNothingIsPrinted cuts connections and kills the bridge in a process of its own, whose standard error stays empty.
func TestNothingIsPrinted(t *testing.T) {
	if os.Getenv("DEPLOYMENT_TEST_CHILD") != "" {
		d := start(t, deployment.Options{ResumeTimeout: time.Second})
		_, first := enter(t, d, "room", "aaaa1111")
		_, second := enter(t, d, "room", "bbbb2222")
		sessionInitiate(t, first)
		breakOff(t, d)
		d.KillBridge()
		d.DropConnections()
		for range first {
		}
		for range second {
		}
		return
	}
	command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "PION_LOG_") {
			command.Env = append(command.Env, setting)
		}
	}
	command.Env = append(command.Env, "DEPLOYMENT_TEST_CHILD=1")
	var printed bytes.Buffer
	command.Stderr = &printed
	if out, err := command.Output(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if printed.Len() > 0 {
		t.Errorf("standard error has\n%s", &printed)
	}
}

// breakOff goes away in the middle of a request that is passed on to Prosody.
func breakOff(t *testing.T, d *deployment.Deployment) {
	t.Helper()
	front, err := url.Parse(d.URL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", front.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /xmpp-websocket HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nshort"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatal(err)
	}
}
