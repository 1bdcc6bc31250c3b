// Package launch runs gst-launch-1.0 as a child process, as a user does who types a pipeline into a
// shell, and lets a test wait for what the process says: messages on the bus, lines, its exit.
package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// Options say what to run.
type Options struct {
	// Name tells this process from the others in reports.
	Name string
	// Pipeline is the text after gst-launch-1.0, quoted for a shell: recipes of the README work verbatim.
	Pipeline string
	// Flags go before the pipeline, "-e" for instance; "-m" is always set, since waiting needs it.
	Flags []string
	// Env is added to this process's environment.
	Env []string
	// Files become file descriptors 3, 4, … of the process: `fdsink fd=3` writes to the first of them.
	Files []*os.File
	// Dir is where relative file names of the pipeline are.
	Dir string
	// Namespace is the network namespace that it lives in (ip netns); empty: ours.
	Namespace string
}

// Process is a running, or ended, gst-launch-1.0.
type Process struct {
	Name    string
	command *exec.Cmd
	output  *output
	done    chan struct{}
	err     error // of Wait; to be read when done is closed
}

// Start starts a pipeline. The process ends at the latest with this one, also when this one is killed.
func Start(options Options) (*Process, error) {
	words := []string{"exec"}
	if options.Namespace != "" {
		words = append(words, "ip", "netns", "exec", options.Namespace)
	}
	words = append(append(words, "gst-launch-1.0", "-m"), options.Flags...)
	command := exec.Command("bash", "-c", strings.Join(append(words, options.Pipeline), " "))
	command.Dir = options.Dir
	command.Env = append(os.Environ(), "GST_DEBUG_NO_COLOR=1")
	command.Env = append(command.Env, options.Env...)
	command.ExtraFiles = options.Files
	// A process group of its own: Ctrl-C in a terminal goes to the parent, which ends its children in order.
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	p := &Process{Name: options.Name, command: command, output: newOutput(), done: make(chan struct{})}
	command.Stdout, command.Stderr = p.output.writer(false), p.output.writer(true)

	started := make(chan error)
	go func() {
		// Pdeathsig is about the thread that started the child: this one must live as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		p.err = command.Wait()
		p.output.close()
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start gst-launch-1.0 for %s: %w", options.Name, err)
	}
	return p, nil
}

// PID is the process's number.
func (p *Process) PID() int { return p.command.Process.Pid }

// Interrupt does what Ctrl-C does.
func (p *Process) Interrupt() { p.signal(syscall.SIGINT) }

// Kill ends the process without giving it a chance to clean up, and waits until it is gone.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
}

// Pause stops the process where it stands, as a network that is gone or a machine that hangs looks to the others.
func (p *Process) Pause() { p.signal(syscall.SIGSTOP) }

// Resume lets it go on.
func (p *Process) Resume() { p.signal(syscall.SIGCONT) }

func (p *Process) signal(signal syscall.Signal) {
	select {
	case <-p.done: // the number may be another process's by now
	default:
		p.command.Process.Signal(signal)
	}
}

// Done is closed when the process has ended and all its output has been read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Alive returns a context that ends with the process, for waits that are in vain then.
func (p *Process) Alive(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := make(chan struct{})
	go func() {
		select {
		case <-p.done:
			cancel(fmt.Errorf("%s has ended with exit code %d", p.Name, p.exitCode()))
		case <-stop:
		}
	}()
	return ctx, sync.OnceFunc(func() {
		close(stop)
		cancel(context.Canceled)
	})
}

// Wait waits for the end and returns the exit code; a process ended by a signal has the shell's code for it.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.done:
	case <-ctx.Done():
		return 0, fmt.Errorf("%s hasn't ended: %w", p.Name, context.Cause(ctx))
	}
	return p.exitCode(), nil
}

// exitCode is that of a process that has ended.
func (p *Process) exitCode() int {
	status := p.command.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// Output is all that the process has printed up to now, messages left out that say nothing of the story.
func (p *Process) Output() string { return p.output.story() }

// Errors are the "ERROR: …" lines up to now, each with its debug information.
func (p *Process) Errors() []string { return p.output.errors() }
