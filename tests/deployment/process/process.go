// Package process runs the servers of a deployment as children.
package process

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// Process is a child that dies with this process, however this one ends.
type Process struct {
	cmd    *exec.Cmd
	output buffer
	exited chan struct{}
	err    error // how it ended; read after exited is closed
}

// Start runs a command in a directory.
func Start(dir, name string, args ...string) (*Process, error) {
	p := &Process{exited: make(chan struct{})}
	p.cmd = exec.Command(name, args...)
	p.cmd.Dir = dir
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	// A process group of its own: Ctrl-C is for this process, which then ends the child.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error, 1)
	go func() {
		// The kernel sends the death signal when the thread that started the child ends, not the process
		// (prctl(2)), so this goroutine keeps its thread until the child is gone.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		if p.err = p.cmd.Wait(); p.err == nil {
			p.err = fmt.Errorf("exit status 0")
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return p, nil
}

// Exited is closed when the child has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Err is how it ended, once Exited is closed.
func (p *Process) Err() error { return p.err }

// Output is what it has written so far.
func (p *Process) Output() string { return p.output.String() }

// Kill ends the child at once and returns when it is gone. An orderly shutdown of Prosody takes a second, and
// there is nothing that it would save.
func (p *Process) Kill() {
	p.cmd.Process.Kill() // fails only when the child is gone already
	<-p.exited
}

// buffer collects output while it is read from elsewhere.
type buffer struct {
	mu   sync.Mutex
	data bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.data.String()
}
