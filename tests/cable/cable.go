// Package cable joins two network namespaces, a deployment in one and clients in both, so that packets between them are lost as
// networks lose them: whoever sends or receives them knows nothing of it. It needs root and iptables.
package cable

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	nearAddress = "10.213.78.1"
	farAddress  = "10.213.78.2"
)

// Cable is what joins them.
type Cable struct {
	Near, Far string // the namespaces; the deployment is in the near one

	folder string
	server *exec.Cmd
	url    string
}

// Lay makes two namespaces, and starts a deployment in the near one.
func Lay(ctx context.Context) (*Cable, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("network namespaces need root")
	}
	id := fmt.Sprint(os.Getpid())
	c := &Cable{Near: "jcn" + id, Far: "jcf" + id}
	if err := c.lay(ctx); err != nil {
		return nil, errors.Join(err, c.Remove())
	}
	return c, nil
}

func (c *Cable) lay(ctx context.Context) error {
	commands := []string{
		"ip netns add " + c.Near, "ip netns add " + c.Far,
		fmt.Sprintf("ip link add %s netns %[1]s type veth peer name %s netns %[2]s", c.Near, c.Far),
	}
	for space, address := range map[string]string{c.Near: nearAddress, c.Far: farAddress} {
		commands = append(commands, fmt.Sprintf("ip -n %s addr add %s/24 dev %[1]s", space, address),
			fmt.Sprintf("ip -n %s link set %[1]s up", space), fmt.Sprintf("ip -n %s link set lo up", space))
	}
	for _, command := range commands {
		if err := run(ctx, command); err != nil {
			return err
		}
	}
	var err error
	if c.folder, err = os.MkdirTemp("", "jitsi-cable"); err != nil {
		return err
	}
	return c.deploy(ctx)
}

func run(ctx context.Context, command string) error {
	words := strings.Fields(command)
	if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func (c *Cable) deploy(ctx context.Context) error {
	program := filepath.Join(c.folder, "jitsi-local")
	if err := run(ctx, "go build -o "+program+" gstjitsi/tests/deployment/cmd/jitsi-local"); err != nil {
		return err
	}
	c.server = exec.Command("ip", "netns", "exec", c.Near, program, "-address", nearAddress)
	c.server.Stderr = os.Stderr
	c.server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := c.server.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.server.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		for field := range strings.FieldsSeq(lines.Text()) {
			if url, ok := strings.CutPrefix(field, "url="); ok {
				c.url = url
				go io.Copy(io.Discard, output)
				return nil
			}
		}
	}
	return errors.New("the deployment printed no address")
}

// URL is the deployment's.
func (c *Cable) URL() string { return c.url }

// Lose drops shares of the media's packets at random, on the way to the far end and on the way from it.
func (c *Cable) Lose(ctx context.Context, to, from float64) error {
	commands := []string{"iptables -F"}
	for chain, share := range map[string]float64{"INPUT": to, "OUTPUT": from} {
		if share > 0 {
			commands = append(commands, fmt.Sprintf("iptables -A %s -p udp -m statistic --mode random --probability %g -j DROP", chain, share))
		}
	}
	for _, command := range commands {
		if err := run(ctx, "ip netns exec "+c.Far+" "+command); err != nil {
			return err
		}
	}
	return nil
}

// Remove takes everything away, as far as it is there.
func (c *Cable) Remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var failed []error
	if c.server != nil && c.server.Process != nil {
		failed = append(failed, c.server.Process.Signal(syscall.SIGTERM), c.server.Wait())
	}
	for _, space := range []string{c.Near, c.Far} {
		if _, err := os.Stat("/run/netns/" + space); err == nil {
			failed = append(failed, run(ctx, "ip netns del "+space))
		}
	}
	return errors.Join(append(failed, os.RemoveAll(c.folder))...)
}
