//go:build soak

package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
	"gstjitsi/tests/launch"
	"gstjitsi/tests/media"
	"gstjitsi/tests/soak"
)

// A machine that takes its network with it: a participant in a network namespace with two links, of which one is up, and the
// deployment behind both, in another namespace, where this test runs itself once more.

const (
	withinVariable = "JITSI_SOAK_SPACES" // the two namespaces, to the test that is run within the first
	meetingAddress = "10.213.90.1"       // of the deployment, reached over either link
	backAfter      = 20 * time.Second    // media after a change of the network, of which two seconds are to be sure of it
)

// spaces are two network namespaces with two links between them.
type spaces struct{ servers, client string }

func (s spaces) String() string { return s.servers + " " + s.client }

// newSpaces makes them. Who may not do that skips the test.
func newSpaces(t *testing.T) spaces {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	id := os.Getpid()
	s := spaces{fmt.Sprintf("jss%d", id), fmt.Sprintf("jsc%d", id)}
	if err := shell(t.Context(), "ip netns add "+s.servers); err != nil {
		t.Skipf("no network namespaces here: %v", err)
	}
	t.Cleanup(func() { shell(context.Background(), "ip netns del "+s.servers) })
	if err := shell(t.Context(), "ip netns add "+s.client); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shell(context.Background(), "ip netns del "+s.client) })
	s.must(t, "-n "+s.servers+" link set lo up", "-n "+s.client+" link set lo up",
		"-n "+s.servers+" addr add "+meetingAddress+"/32 dev lo")
	for _, l := range []link{first, second} {
		s.must(t, fmt.Sprintf("-n %s link add %s type veth peer name %s netns %s", s.servers, l.name, l.name, s.client),
			fmt.Sprintf("-n %s addr add %s1/24 dev %s", s.servers, l.net, l.name),
			fmt.Sprintf("-n %s link set %s up", s.servers, l.name))
	}
	return s
}

func (s spaces) must(t *testing.T, commands ...string) {
	t.Helper()
	for _, command := range commands {
		if err := shell(t.Context(), "ip "+command); err != nil {
			t.Fatal(err)
		}
	}
}

func shell(ctx context.Context, command string) error {
	words := strings.Fields(command)
	if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// link is one way from the client to the deployment.
type link struct{ name, net string }

var first, second = link{"wifi", "10.213.91."}, link{"cable", "10.213.92."}

// up gives the client an address on a link, and takes that for the way to the deployment.
func (s spaces) up(t *testing.T, l link, host int) {
	t.Helper()
	s.must(t, fmt.Sprintf("-n %s addr add %s%d/24 dev %s", s.client, l.net, host, l.name),
		fmt.Sprintf("-n %s link set %s up", s.client, l.name),
		fmt.Sprintf("-n %s route replace default via %s1", s.client, l.net))
}

func (s spaces) down(t *testing.T, l link) {
	t.Helper()
	s.must(t, fmt.Sprintf("-n %s link set %s down", s.client, l.name), fmt.Sprintf("-n %s addr flush dev %s", s.client, l.name))
}

// TestSoakTheNetworkOfTheMachineChanges takes a participant who sends and receives from one network to another, back and
// forth, and to another address on the same one: media is back each time, and pads and participant are those from before.
func TestSoakTheNetworkOfTheMachineChanges(t *testing.T) {
	within := strings.Fields(os.Getenv(withinVariable))
	if len(within) != 2 {
		runWithin(t, newSpaces(t))
		return
	}
	s := spaces{within[0], within[1]}
	run := soak.Begin(t)
	room := measured(t, deployment.Options{Address: netip.MustParseAddr(meetingAddress)})
	s.up(t, first, 2)
	at := func(pipeline, properties string) string {
		return strings.Replace(pipeline, "{room}", "location="+room.server.URL()+"/"+room.name+properties, 1)
	}
	moving := room.joinWith(launch.Options{Name: "moving", Namespace: s.client, Pipeline: at(bin("ball", 440), "")})
	staying := room.join("staying", at(bin("ball", 550), " local-addresses="+meetingAddress))
	moving.flows(550)
	staying.flows(440)
	for _, change := range []struct {
		name string
		make func()
	}{
		{"from one link to another", func() { s.down(t, first); s.up(t, second, 2) }},
		{"back, over both for a while", func() { s.up(t, first, 2); breathe(room.ctx, run); s.down(t, second) }},
		{"another address", func() { s.down(t, first); s.up(t, first, 3) }},
		{"without a network for some time", func() { s.down(t, first); sleep(room.ctx, cutLength); s.up(t, first, 3) }},
		{"without one for longer, and then another one", func() { s.down(t, first); sleep(room.ctx, 4*cutLength); s.up(t, second, 9) }},
	} {
		run.Step("%s", change.name)
		change.make()
		changed := time.Now()
		moving.flowsAgain(550)
		staying.flowsAgain(440)
		took := time.Since(changed)
		t.Logf("%s: media was back after %s", change.name, took)
		if took > backAfter {
			t.Errorf("%s: it took %s", change.name, took)
		}
		breathe(room.ctx, run)
	}
	if n := room.count(events.Joined, moving.id); n != 1 { // the server keeps a stream for a minute
		t.Errorf("who moves has joined %d times", n)
	}
	moving.leave()
	staying.leave()
}

// flowsAgain waits for media that lasts: what is under way when a network goes does not.
func (p *participant) flowsAgain(hertz float64) {
	p.room.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(p.room.ctx, 2*time.Second)
		picture, sound := media.WaitMotion(ctx, p.pictures[0]), media.WaitTone(ctx, p.sound[0], hertz)
		cancel()
		if p.room.ctx.Err() != nil {
			p.room.t.Fatal(errors.Join(picture, sound))
		}
		if longestPicture, longestSound := p.longestBreak(2*time.Second, hertz); picture == nil && sound == nil && longestPicture < time.Second && longestSound < time.Second {
			return
		}
	}
}

// runWithin runs this test among the servers.
func runWithin(t *testing.T, s spaces) {
	t.Helper()
	runtime.LockOSThread() // the death of this thread ends the other process
	defer runtime.UnlockOSThread()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "ip", "netns", "exec", s.servers, program, "-test.v", "-test.timeout=0", "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), withinVariable+"="+s.String())
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := command.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
}
