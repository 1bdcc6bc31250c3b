package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"gstjitsi/signaling/jingle"
	"gstjitsi/tests/robot"
)

// robotsCommand is how this program calls itself, in the server's namespace, to be the company.
const robotsCommand = "robots"

// playRobots joins robots, prints when they are in, and what the first one sends; it ends with SIGTERM.
func playRobots(args []string) error {
	flags := flag.NewFlagSet(robotsCommand, flag.ContinueOnError)
	location := flags.String("location", "", "of the meeting")
	count := flags.Int("count", 1, "how many")
	film := flags.String("film", "", "that they play")
	address := flags.String("address", "", "that they send from")
	churn := flags.Int("churn", 0, "how often one leaves and another joins")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	played, err := robot.ReadFilm(*film)
	if err != nil {
		return err
	}
	from, err := netip.ParseAddr(*address)
	if err != nil {
		return err
	}
	c := &company{location: *location, address: from, film: played}
	defer c.leave()
	for range *count {
		if err := c.join(ctx); err != nil {
			return err
		}
	}
	say("JOINED %d", *count)
	for range *churn {
		if err := c.change(ctx); err != nil {
			return err
		}
	}
	if *churn > 0 {
		say("CHANGED %d", *churn)
	}
	<-ctx.Done()
	return nil
}

// company is the robots of one room.
type company struct {
	location string
	address  netip.Addr
	film     *robot.Film
	robots   []*robot.Robot
	joined   int
}

func (c *company) join(ctx context.Context) error {
	options := robot.Options{Location: c.location, Address: c.address, Nick: fmt.Sprintf("Robot %d", c.joined), Film: c.film}
	if c.joined == 0 {
		options.Met = func() { say("MET %d", time.Now().UnixNano()) }
		options.Sent = func(s robot.Sent) {
			if s.Media == jingle.Video {
				say("SENT %d %d", int64(s.Frame*filmRate+time.Second/2)/int64(time.Second), s.At.UnixNano())
			}
		}
	}
	r, err := robot.Join(ctx, options)
	if err != nil {
		return err
	}
	r.Watch(nil) // of many, each would be sent all others' pictures, and the machine would do little else
	c.joined++
	c.robots = append(c.robots, r)
	return nil
}

// change replaces the robot that is there for the longest time, but for the first.
func (c *company) change(ctx context.Context) error {
	if len(c.robots) < 2 {
		return errors.New("nobody could leave")
	}
	leaving := c.robots[1]
	c.robots = append(c.robots[:1], c.robots[2:]...)
	if err := leaving.Leave(); err != nil {
		return err
	}
	if err := c.join(ctx); err != nil {
		return err
	}
	return c.robots[len(c.robots)-1].Sending(ctx)
}

func (c *company) leave() {
	var all sync.WaitGroup
	for _, r := range c.robots {
		all.Go(func() { _ = r.Leave() }) // the end of a run; why it left before has been said
	}
	all.Wait()
}

var saying sync.Mutex

// say prints a line for the other half of this program.
func say(format string, args ...any) {
	saying.Lock()
	defer saying.Unlock()
	fmt.Printf(format+"\n", args...)
}

// robots are a running company, seen from the bench.
type robots struct {
	*child
	mu      sync.Mutex
	sent    map[int]time.Time // when a picture was sent last, by its number
	met     time.Time         // when somebody came last
	joined  chan struct{}
	changed chan struct{}
}

// startRobots returns when they are in the room.
func (st *stage) startRobots(ctx context.Context, location string, count, churn int) (*robots, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := st.within(st.serverSpace, self, robotsCommand, "-location", location, "-film", st.film, "-address", st.robotAddress(),
		"-count", strconv.Itoa(count), "-churn", strconv.Itoa(churn))
	r := &robots{sent: map[int]time.Time{}, joined: make(chan struct{}), changed: make(chan struct{})}
	if r.child, err = startChild("robots", command, r.line); err != nil {
		return nil, err
	}
	if err := r.wait(ctx, r.joined, "join"); err != nil {
		r.end()
		return nil, err
	}
	return r, nil
}

func (r *robots) line(line string) {
	var number int
	var at int64
	switch word, _, _ := strings.Cut(line, " "); word {
	case "JOINED":
		close(r.joined)
	case "CHANGED":
		close(r.changed)
	case "MET":
		if n, _ := fmt.Sscanf(line, "MET %d", &at); n == 1 {
			r.mu.Lock()
			r.met = time.Unix(0, at)
			r.mu.Unlock()
		}
	case "SENT":
		if n, _ := fmt.Sscanf(line, "SENT %d %d", &number, &at); n == 2 {
			r.mu.Lock()
			r.sent[number] = time.Unix(0, at)
			r.mu.Unlock()
		}
	}
}

// sentAt is when a picture was sent last.
func (r *robots) sentAt(number int) (time.Time, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.sent[number]
	return at, ok
}

// metAt is when somebody came last.
func (r *robots) metAt() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.met
}

// scanLines hands on each line of a child's output.
func scanLines(scanner *bufio.Scanner, line func(string)) {
	for scanner.Scan() {
		line(scanner.Text())
	}
}
