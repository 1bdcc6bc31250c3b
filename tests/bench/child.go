package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// patience is how long anything may take that isn't measured.
const patience = 60 * time.Second

// child is a running program whose output is read.
type child struct {
	name    string
	command *exec.Cmd
	done    chan struct{}
	err     error // to be read when done is closed
	mu      sync.Mutex
	tail    []string // of what it said, for errors
}

const tailLines = 15

func startChild(name string, command *exec.Cmd, line func(string)) (*child, error) {
	c := &child{name: name, command: command, done: make(chan struct{})}
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = writing, writing
	if err := command.Start(); err != nil {
		reading.Close()
		writing.Close()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	writing.Close()
	go func() {
		defer close(c.done)
		defer reading.Close()
		scanLines(bufio.NewScanner(reading), func(text string) {
			c.remember(text)
			line(text)
		})
		c.err = command.Wait()
	}()
	return c, nil
}

func (c *child) remember(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if strings.HasPrefix(line, "SENT ") {
		return
	}
	c.tail = append(c.tail, line)
	if len(c.tail) > tailLines {
		c.tail = c.tail[1:]
	}
}

func (c *child) said() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.tail, "\n")
}

// wait waits for something that the child does.
func (c *child) wait(ctx context.Context, event <-chan struct{}, what string) error {
	return c.waitFor(ctx, event, what, patience)
}

func (c *child) waitFor(ctx context.Context, event <-chan struct{}, what string, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case <-event:
		return nil
	case <-c.done:
		return fmt.Errorf("%s ended before it did %s: %v\n%s", c.name, what, c.err, c.said())
	case <-ctx.Done():
		return fmt.Errorf("%s does not %s: %w\n%s", c.name, what, context.Cause(ctx), c.said())
	}
}

// end ends it as Ctrl-C does, or by force if that takes too long.
func (c *child) end() {
	c.command.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
	case <-time.After(patience / 4):
		c.command.Process.Kill()
		<-c.done
	}
}

// pause lets a run go on for a while, unless the child ends.
func (c *child) pause(ctx context.Context, length time.Duration) error {
	select {
	case <-time.After(length):
		return nil
	case <-c.done:
		return fmt.Errorf("%s ended: %v\n%s", c.name, c.err, c.said())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
