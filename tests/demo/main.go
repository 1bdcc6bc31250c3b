// Command demo shows a conference on this machine: a Jitsi Meet server of its own, one participant who plays
// a film into the room by jitsisink, and one who receives it by jitsisrc and records it. `make demo` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.DurationVar(&o.length, "length", 15*time.Second, "how much of the film to receive")
	flag.StringVar(&o.build, "build", "build", "folder of the plugin; results go to demo below it")
	flag.Parse()
	o.window = os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if _, err := run(ctx, os.Stdout, o); err != nil {
		fmt.Fprintln(os.Stderr, "The demonstration failed:", err)
		os.Exit(1)
	}
}

type options struct {
	length time.Duration
	build  string
	window bool // whether there is a display to show the picture on
}

// run shows the conference until enough has been received or ctx ends, as by Ctrl-C. Both are an orderly end.
func run(ctx context.Context, out io.Writer, o options) (result result, err error) {
	build, err := filepath.Abs(o.build)
	if err != nil {
		return result, err
	}
	if _, err := os.Stat(filepath.Join(build, "libgstjitsi.so")); err != nil {
		return result, fmt.Errorf("the plugin isn't built: %w", err)
	}
	s := &show{out: out, options: o, build: build, folder: filepath.Join(build, "demo")}
	if err := os.RemoveAll(s.folder); err != nil {
		return result, err
	}
	if err := os.MkdirAll(s.folder, 0o755); err != nil {
		return result, err
	}
	defer s.end()
	if err := s.begin(ctx); err != nil {
		if ctx.Err() != nil && s.viewer == nil {
			return result, errors.New("interrupted before there was anything to see")
		}
		return result, err
	}
	s.watch(ctx)
	return s.finish()
}
