package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pion/logging"

	"gstjitsi/signaling/discovery"
)

// The two ends of the cable.
const (
	serverAddress = "10.213.77.1"
	clientAddress = "10.213.77.2"
	prefixLength  = "/24"
)

// stage is where the runs take place: a deployment in one network namespace, clients in another.
type stage struct {
	settings
	serverSpace, clientSpace string
	serverLink, clientLink   string
	server                   *exec.Cmd
	base                     string               // address of the deployment, to which a room's name is appended
	found                    discovery.Deployment // the same for those who can't find it out
	film                     string               // that robots play
	longFilm                 string               // the same many times, longer than any run; with .video and .audio behind it
	rooms                    atomic.Int32
	folder                   string // for what is needed for a while
}

func newStage(ctx context.Context, s settings) (*stage, error) {
	if s.location == "" && os.Getuid() != 0 {
		return nil, errors.New("network namespaces need root")
	}
	st := &stage{settings: s}
	id := fmt.Sprint(os.Getpid())
	st.serverSpace, st.clientSpace = "jbs"+id, "jbc"+id
	st.serverLink, st.clientLink = "jbs"+id, "jbc"+id
	var err error
	if st.folder, err = os.MkdirTemp("", "jitsi-bench"); err != nil {
		return nil, err
	}
	if err := st.set(ctx); err != nil {
		return nil, errors.Join(err, st.close())
	}
	return st, nil
}

func (st *stage) set(ctx context.Context) error {
	st.film = filepath.Join(st.folder, "film.mkv")
	if err := makeFilm(ctx, st.film); err != nil {
		return err
	}
	if err := st.lengthenFilm(ctx); err != nil {
		return err
	}
	if st.location != "" {
		st.base = strings.TrimRight(st.location, "/") + "/" + strings.ToLower(rand.Text()[:10])
		return st.discover(ctx, st.location)
	}
	if err := st.layCable(ctx); err != nil {
		return err
	}
	return st.startServer(ctx)
}

// layCable makes the network namespaces.
func (st *stage) layCable(ctx context.Context) error {
	for _, command := range []string{
		"ip netns add " + st.serverSpace, "ip netns add " + st.clientSpace,
		"ip link add " + st.serverLink + " type veth peer name " + st.clientLink,
		"ip link set " + st.serverLink + " netns " + st.serverSpace, "ip link set " + st.clientLink + " netns " + st.clientSpace,
		"ip -n " + st.serverSpace + " addr add " + serverAddress + prefixLength + " dev " + st.serverLink,
		"ip -n " + st.clientSpace + " addr add " + clientAddress + prefixLength + " dev " + st.clientLink,
		"ip -n " + st.serverSpace + " link set " + st.serverLink + " up", "ip -n " + st.clientSpace + " link set " + st.clientLink + " up",
		"ip -n " + st.serverSpace + " link set lo up", "ip -n " + st.clientSpace + " link set lo up",
	} {
		if err := shell(ctx, command); err != nil {
			return err
		}
	}
	return nil
}

// discover finds out what gst-meet wants to be told. The local deployment can't be asked from here, and is as it always is.
func (st *stage) discover(ctx context.Context, location string) error {
	meeting, err := discovery.ParseLocation(strings.TrimRight(location, "/") + "/bench")
	if err != nil {
		return err
	}
	st.found, err = discovery.Discover(ctx, meeting, discovery.Options{Log: logging.NewDefaultLoggerFactory().NewLogger("bench")})
	return err
}

// robotAddress is where robots send from: where a packet to the deployment would leave, if nothing else was said.
func (st *stage) robotAddress() string {
	if st.location == "" {
		return serverAddress
	}
	if st.address != "" {
		return st.address
	}
	if u, err := url.Parse(st.location); err == nil {
		if way, err := net.Dial("udp4", net.JoinHostPort(u.Hostname(), "443")); err == nil { // sends nothing
			defer way.Close()
			return way.LocalAddr().(*net.UDPAddr).IP.String()
		}
	}
	return "127.0.0.1"
}

// lengthenFilm puts the film behind itself.
func (st *stage) lengthenFilm(ctx context.Context) error {
	parts := filepath.Join(st.folder, "parts")
	if err := os.Mkdir(parts, 0o755); err != nil {
		return err
	}
	for part := range int((st.length+2*patience)/filmLength) + 1 {
		if err := os.Symlink(st.film, filepath.Join(parts, fmt.Sprintf("%05d.mkv", part))); err != nil {
			return err
		}
	}
	st.longFilm = filepath.Join(st.folder, "long")
	return shell(ctx, "gst-launch-1.0 -q splitmuxsrc name=film location="+parts+"/*.mkv film.video_0 ! queue ! gdppay ! filesink location="+st.longFilm+
		".video film.audio_0 ! queue ! gdppay ! filesink location="+st.longFilm+".audio")
}

// shell runs a command of ours.
func shell(ctx context.Context, command string) error {
	words := strings.Fields(command)
	if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (st *stage) startServer(ctx context.Context) error {
	program := filepath.Join(st.folder, "jitsi-local")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "gstjitsi/tests/deployment/cmd/jitsi-local").CombinedOutput(); err != nil {
		return fmt.Errorf("build the deployment: %w: %s", err, out)
	}
	args := []string{"-address", serverAddress}
	log := io.Discard
	if st.log != "" {
		file, err := os.Create(st.log)
		if err != nil {
			return err
		}
		args, log = append(args, "-v"), file
	}
	st.server = st.within(st.serverSpace, program, args...)
	st.server.Stderr = os.Stderr
	output, err := st.server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := st.server.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		for field := range strings.FieldsSeq(lines.Text()) {
			if port, ok := strings.CutPrefix(field, "url=http://"+serverAddress+":"); ok {
				server := serverAddress + ":" + port
				st.base = "http://" + server + "/bench"
				st.found = discovery.Deployment{WebSocketURL: "ws://" + server + "/xmpp-websocket", XMPPDomain: "localhost",
					MUCDomain: "conference.localhost", FocusJID: "focus.localhost"}
				go io.Copy(log, output)
				return nil
			}
		}
	}
	return errors.New("the deployment printed no address")
}

// within is a command inside a network namespace, which ends with us. Where there are none it is an ordinary one.
func (st *stage) within(space, program string, args ...string) *exec.Cmd {
	if st.location != "" {
		command := exec.Command(program, args...)
		command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		return command
	}
	command := exec.Command("ip", append([]string{"netns", "exec", space, program}, args...)...)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return command
}

// newRoom is the location of a room that nobody has used.
func (st *stage) newRoom() string {
	return fmt.Sprintf("%s%d", st.base, st.rooms.Add(1))
}

// close takes everything away, as far as it is there.
func (st *stage) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if st.server != nil && st.server.Process != nil {
		st.server.Process.Signal(syscall.SIGTERM)
		st.server.Wait()
	}
	var failed []error
	for _, space := range []string{st.serverSpace, st.clientSpace} {
		if _, err := os.Stat("/run/netns/" + space); err == nil {
			failed = append(failed, shell(ctx, "ip netns del "+space))
		}
	}
	return errors.Join(append(failed, os.RemoveAll(st.folder))...)
}

// impair changes the cable by a command in a namespace and gives the command that undoes it.
func (st *stage) impair(ctx context.Context, do, undo string) (func(), error) {
	if err := shell(ctx, do); err != nil {
		return nil, err
	}
	return func() {
		if err := shell(context.Background(), undo); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}, nil
}

// lose drops a share of the packets that arrive at the clients, at random.
func (st *stage) lose(ctx context.Context, share float64) (func(), error) {
	rule := fmt.Sprintf("INPUT -p udp -m statistic --mode random --probability %g -j DROP", share)
	in := "ip netns exec " + st.clientSpace + " iptables "
	return st.impair(ctx, in+"-A "+rule, in+"-D "+rule)
}

// narrow limits what the clients can receive.
func (st *stage) narrow(ctx context.Context, kilobits int) (func(), error) {
	device := "tc -n " + st.serverSpace + " qdisc"
	return st.impair(ctx, fmt.Sprintf("%s add dev %s root %s", device, st.serverLink, bottleneck(kilobits)),
		fmt.Sprintf("%s del dev %s root", device, st.serverLink))
}

// bottleneck is a line of a rate whose queue holds what passes in a fifth of a second.
func bottleneck(kilobits int) string {
	return fmt.Sprintf("tbf rate %dkbit burst 8kb latency 200ms", kilobits)
}

// narrowUplink sets what the clients can send. A line that had another rate goes on with the queue that it has.
func (st *stage) narrowUplink(ctx context.Context, kilobits int) error {
	return shell(ctx, fmt.Sprintf("tc -n %s qdisc replace dev %s root %s", st.clientSpace, st.clientLink, bottleneck(kilobits)))
}

// sent is how many bytes the clients have put on the cable.
func (st *stage) sent(ctx context.Context) (int64, error) {
	out, err := exec.CommandContext(ctx, "ip", "netns", "exec", st.clientSpace, "cat", "/sys/class/net/"+st.clientLink+"/statistics/tx_bytes").Output()
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
}
