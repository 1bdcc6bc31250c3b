package launch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// output keeps the lines of a process and wakes whoever waits for one.
type output struct {
	mutex  sync.Mutex
	lines  []string
	stderr []string // of lines, those that came there: errors of several lines are whole only among these
	closed bool
	grown  chan struct{} // closed and replaced when there is more
}

func newOutput() *output { return &output{grown: make(chan struct{})} }

// writer returns a writer that cuts what is written into lines; stdout and stderr have one each, so that
// no line mixes both.
func (o *output) writer(stderr bool) io.Writer { return &lineWriter{output: o, stderr: stderr} }

type lineWriter struct {
	output *output
	stderr bool
	rest   []byte
}

func (w *lineWriter) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 {
			return len(data), nil
		}
		w.output.add(string(w.rest[:end]), w.stderr)
		w.rest = w.rest[end+1:]
	}
}

func (o *output) add(line string, stderr bool) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.lines = append(o.lines, line)
	if stderr {
		o.stderr = append(o.stderr, line)
	}
	o.wake()
}

func (o *output) close() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.closed = true
	o.wake()
}

// wake is called with the mutex held.
func (o *output) wake() {
	close(o.grown)
	o.grown = make(chan struct{})
}

// from returns the lines from the given one on, whether more can come, and what is closed when more have come.
func (o *output) from(line int) ([]string, bool, <-chan struct{}) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.lines[line:], !o.closed, o.grown
}

func (o *output) complaints() []string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.stderr
}

// Mark is a place in a process's output, to wait for something that comes after it.
type Mark int

// Mark returns the present end of the output.
func (p *Process) Mark() Mark {
	p.output.mutex.Lock()
	defer p.output.mutex.Unlock()
	return Mark(len(p.output.lines))
}

// WaitLine waits for a line after the mark that matches, and returns its submatches. It fails when the
// process ends without one, and when the context does.
func (p *Process) WaitLine(ctx context.Context, after Mark, pattern *regexp.Regexp) ([]string, error) {
	found, err := wait(ctx, p, after, func(line string) ([]string, bool) {
		match := pattern.FindStringSubmatch(line)
		return match, match != nil
	})
	if err != nil {
		return nil, fmt.Errorf("wait for a line like %q of %s: %w", pattern, p.Name, err)
	}
	return found, nil
}

// wait goes through the lines after the mark until one is the wanted one.
func wait[T any](ctx context.Context, p *Process, after Mark, wanted func(line string) (T, bool)) (T, error) {
	next := int(after)
	for {
		lines, more, grown := p.output.from(next)
		for _, line := range lines {
			if found, ok := wanted(line); ok {
				return found, nil
			}
		}
		next += len(lines)
		var none T
		if !more {
			return none, fmt.Errorf("it ended without it")
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return none, context.Cause(ctx)
		}
	}
}

// created is how GStreamer's log tells of a new element, see Creations.
var created = regexp.MustCompile(` GST_ELEMENT_FACTORY .* creating element "([^"]+)"`)

// Creations counts the elements of a kind that the process has made up to now, by itself or within others. For
// that, its Env must have CountCreations.
func (p *Process) Creations(kind string) int {
	lines, _, _ := p.output.from(0)
	count := 0
	for _, line := range lines {
		if match := created.FindStringSubmatch(line); match != nil && match[1] == kind {
			count++
		}
	}
	return count
}

// CountCreations makes Process.Creations work.
const CountCreations = "GST_DEBUG=GST_ELEMENT_FACTORY:4"

// Criticals are the programming errors that GLib and GStreamer have noticed in the process.
func (p *Process) Criticals() []string {
	lines := p.output.complaints()
	var found []string
	for i, line := range lines {
		if _, text, ok := strings.Cut(line, "-CRITICAL **: "); ok {
			if _, text, ok = strings.Cut(text, ": "); (!ok || text == "") && i+1 < len(lines) {
				text = lines[i+1] // some begin on the next line
			}
			found = append(found, text)
		}
	}
	return found
}

// dull are the lines that every pipeline is full of.
var dull = regexp.MustCompile(` GST_ELEMENT_FACTORY |^Got message #\d+ .*\((state-changed|stream-status|stream-start|tag|latency|new-clock|async-done|qos|progress|stream-collection)\): `)

func (o *output) story() string {
	lines, _, _ := o.from(0)
	var story strings.Builder
	for _, line := range lines {
		if !dull.MatchString(line) {
			story.WriteString(line)
			story.WriteByte('\n')
		}
	}
	return story.String()
}

func (o *output) errors() []string {
	lines := o.complaints()
	var found []string
	for i, line := range lines {
		if !strings.HasPrefix(line, "ERROR: from element ") {
			continue
		}
		end := min(i+4, len(lines)) // the message, "Additional debug info:", where, and what
		found = append(found, strings.Join(lines[i:end], "\n"))
	}
	return found
}
