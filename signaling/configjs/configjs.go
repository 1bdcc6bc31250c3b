// Package configjs evaluates a deployment's config.js, which is a script and not data: files in use choose hosts by
// if, put strings together and read the page's address.
//
// The script comes from a server that the user named and may still be hostile, and it runs in the process of an
// application. So the engine (goja, written in Go: the script reaches nothing that we do not hand it) runs with these limits:
//
//   - check.go refuses what no config.js needs and what could cost much in a single step that nobody can
//     interrupt: spreads, generators, big integers, regular expressions that backtrack, deep nesting.
//   - prelude.js takes away all built-in functions but a few, and bounds the strings and arrays of these.
//   - A step being cheap, a timer and a look at the memory between the steps bound the whole.
package configjs

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"

	"gstjitsi/signaling/guard"
)

// The limits of one evaluation. A config.js in use takes a millisecond and a few hundred kilobytes.
const (
	maxSource    = 1 << 20
	maxTime      = time.Second
	maxAllocated = 128 << 20 // bytes that the whole process allocates meanwhile
	maxString    = 32 << 10
	maxArray     = 64 << 10
	maxCalls     = 100 // depth of calls

	watchInterval = 2 * time.Millisecond
	// grace is for a step that is under way when time is up.
	grace = 500 * time.Millisecond
)

// ErrLimit says that the script wants more than a config.js may have.
var ErrLimit = errors.New("the script goes beyond the limits")

// Page is what the script is told of the page that it is a part of. Query and fragment are never told.
type Page struct {
	URL       string // of the meeting, or of the server
	Subdomain string // what the web server puts for a tenant: "tenant."
	Subdir    string // and for its path: "tenant/"
}

// Config holds the values that were asked for by their path, where they are strings, numbers or booleans.
type Config map[string]any

// String is the string at path, empty where there is none.
func (c Config) String(path string) string {
	s, _ := c[path].(string)
	return strings.TrimSpace(s)
}

// Bool is the boolean at path and whether there is one.
func (c Config) Bool(path string) (value, ok bool) {
	value, ok = c[path].(bool)
	return value, ok
}

// Int is the whole number at path and whether there is one.
func (c Config) Int(path string) (value int64, ok bool) {
	value, ok = c[path].(int64)
	return value, ok
}

// Eval runs the script and reads what config has at paths, such as "hosts.domain". A script that throws after it
// has set config counts as far as it got, as in a browser; thrown is what it threw.
func Eval(ctx context.Context, source string, page Page, paths []string) (config Config, thrown, err error) {
	type outcome struct {
		config      Config
		thrown, err error
	}
	ctx, cancel := context.WithTimeoutCause(ctx, maxTime, fmt.Errorf("%w: it runs for more than %s", ErrLimit, maxTime))
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() { done <- o }()
		defer guard.Recover(func(p *guard.Panic) { o.err = p })
		o.config, o.thrown, o.err = eval(ctx, source, page, paths)
	}()
	select {
	case o := <-done:
		return o.config, o.thrown, o.err
	case <-ctx.Done():
	}
	late := time.NewTimer(grace)
	defer late.Stop()
	select {
	case o := <-done:
		return o.config, o.thrown, o.err
	case <-late.C:
		return nil, nil, context.Cause(ctx)
	}
}

//go:embed prelude.js
var prelude string

// The prelude's text is ours: compiled once, shared by all evaluations.
var preludeProgram = goja.MustCompile("prelude.js", prelude, true)

func eval(ctx context.Context, source string, page Page, paths []string) (Config, error, error) {
	program, err := compile(withIncludes(source, page))
	if err != nil {
		return nil, nil, err
	}
	vm := goja.New()
	vm.SetMaxCallStackSize(maxCalls)
	vm.SetParserOptions(parser.WithDisableSourceMaps)
	read, err := prepare(vm, page)
	if err != nil {
		return nil, nil, fmt.Errorf("prepare the engine: %w", err)
	}
	stop := watch(ctx, vm)
	defer stop()
	_, thrown := vm.RunProgram(program)
	if err := interruption(thrown); err != nil {
		return nil, nil, err
	}
	config := Config{}
	for _, path := range paths {
		value, err := read(goja.Undefined(), vm.ToValue(path)) // may run code of the script: a getter
		if err != nil {
			if err := interruption(err); err != nil {
				return nil, nil, err
			}
			continue
		}
		switch v := value.Export().(type) {
		case string, bool, int64, float64:
			config[path] = v
		}
	}
	found, err := read(goja.Undefined())
	if err := errors.Join(interruption(err), thrownUnless(found, thrown)); err != nil {
		return nil, nil, err
	}
	return config, quoted(thrown), nil
}

// maxText is how much of an error that a script makes is shown.
const maxText = 200

// quoted is an error of the script that can't forge or flood a log: its text is the script's.
func quoted(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%.*q", maxText, err.Error())
}

// thrownUnless is why there is no config at all, nil where there is one.
func thrownUnless(found goja.Value, thrown error) error {
	switch {
	case found != nil && found.ToBoolean():
		return nil
	case thrown != nil:
		return fmt.Errorf("the script fails: %w", quoted(thrown))
	}
	return errors.New("the script sets no config")
}

// interruption is the reason why a run was stopped from outside, nil where it ended by itself.
func interruption(err error) error {
	var interrupted *goja.InterruptedError
	if !errors.As(err, &interrupted) {
		return nil
	}
	if reason, ok := interrupted.Value().(error); ok {
		return reason
	}
	return ErrLimit
}

// prepare runs the prelude, which leaves only what a config.js needs, and returns its function that reads config.
func prepare(vm *goja.Runtime, page Page) (goja.Callable, error) {
	value, err := vm.RunProgram(preludeProgram)
	if err != nil {
		return nil, err
	}
	start, ok := goja.AssertFunction(value)
	if !ok {
		return nil, errors.New("the prelude is no function")
	}
	stop := func(what string) { vm.Interrupt(fmt.Errorf("%w: %s", ErrLimit, what)) }
	value, err = start(goja.Undefined(), vm.ToValue(guardName), vm.ToValue(stop), vm.ToValue(maxString),
		vm.ToValue(maxArray), vm.ToValue(location(page.URL)))
	if err != nil {
		return nil, err
	}
	read, ok := goja.AssertFunction(value)
	if !ok {
		return nil, errors.New("the prelude returns no function")
	}
	return read, nil
}

// location is what a browser's window.location says, without what may hold tokens.
func location(page string) map[string]any {
	u, err := url.Parse(page)
	if err != nil {
		u = &url.URL{}
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	origin := u.Scheme + "://" + u.Host
	return map[string]any{
		"protocol": u.Scheme + ":", "host": u.Host, "hostname": u.Hostname(), "port": u.Port(), "origin": origin,
		"pathname": path, "href": origin + path, "search": "", "hash": "",
	}
}

// watch stops vm when ctx ends or the process has allocated too much.
func watch(ctx context.Context, vm *goja.Runtime) (stop func()) {
	done, ended := make(chan struct{}), make(chan struct{})
	limit := allocated() + maxAllocated
	go func() {
		defer close(ended)
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				vm.Interrupt(context.Cause(ctx))
				return
			case <-ticker.C:
				if allocated() > limit {
					vm.Interrupt(fmt.Errorf("%w: it takes too much memory", ErrLimit))
					return
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}

// allocated is how many bytes the process has allocated since its start.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

var (
	include = regexp.MustCompile(`<!--# echo var="(\w+)" default="([^"<>]*)" -->`)
	// harmless is what can't end the string of the script that it is put into.
	harmless = regexp.MustCompile(`^[A-Za-z0-9._=:/\[\]-]*$`)
)

// withIncludes does what the web server's server-side includes do with those that files in use have: many servers
// deliver the file as it is.
func withIncludes(source string, page Page) string {
	host := ""
	if u, err := url.Parse(page.URL); err == nil {
		host = u.Host
	}
	values := map[string]string{"subdomain": page.Subdomain, "subdir": page.Subdir, "http_host": host}
	return include.ReplaceAllStringFunc(source, func(found string) string {
		match := include.FindStringSubmatch(found)
		if value := values[match[1]]; value != "" && harmless.MatchString(value) {
			return value
		}
		return match[2]
	})
}
