// Command bench measures our elements and gst-meet side by side: the same company, the same network, one after the
// other, again and again. It prints a table and leaves the figures and plots in a folder.
//
// Server, robots and clients run in network namespaces of their own, joined by a cable that can be narrow and lossy: all
// traffic stays on this machine. That takes root, ip (iproute2) and, for loss, iptables.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// settings are what the command line says.
type settings struct {
	build   string // where libgstjitsi.so is
	out     string
	gstMeet string // the program; empty: ours alone
	cases   string // a part of the names of those to run
	add     bool   // to what is in out already
	rounds  int
	log     string        // a file for what happens in the deployment; empty: none
	length  time.Duration // of what is measured in a run

	location   string // of a deployment instead of our own; the rest is for it
	address    string // that robots send from
	properties string // further ones of our element
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == robotsCommand {
		exit(playRobots(os.Args[2:]))
	}
	var s settings
	flag.StringVar(&s.build, "build", "build", "`folder` of libgstjitsi.so")
	flag.StringVar(&s.out, "out", "build/bench", "`folder` for figures and plots")
	flag.StringVar(&s.gstMeet, "gst-meet", "", "`program` to compare with; ours alone when empty")
	flag.StringVar(&s.cases, "cases", "", "run only cases with this `text` in their names")
	flag.BoolVar(&s.add, "add", false, "keep what the folder has of other cases")
	flag.IntVar(&s.rounds, "rounds", 5, "`number` of runs of each case")
	flag.DurationVar(&s.length, "length", 20*time.Second, "how long a run measures")
	flag.StringVar(&s.log, "log", "", "`file` for what happens in the local deployment")
	flag.StringVar(&s.location, "location", "", "`address` of a deployment to use instead of one on this machine, https://meet.example.org/")
	flag.StringVar(&s.address, "address", "", "IPv4 `address` that robots use there; picked when empty")
	flag.StringVar(&s.properties, "properties", "", "further `properties` of our element there, such as local-addresses=127.0.0.1")
	list := flag.Bool("list", false, "name the cases and end")
	flag.Parse()
	if *list {
		for _, c := range cases {
			fmt.Printf("%-28s %s\n", c.name, c.about)
		}
		return
	}
	exit(run(s))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(s settings) (err error) {
	for _, folder := range []*string{&s.build, &s.out} {
		if *folder, err = filepath.Abs(*folder); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	st, err := newStage(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.close()) }()
	var results []result
	if s.add {
		if results, err = readResults(s.out); err != nil {
			return err
		}
	}
	for _, c := range cases {
		if !strings.Contains(c.name, s.cases) {
			continue
		}
		if c.cable && s.location != "" {
			fmt.Printf("%s is left out: it needs a network of our own.\n", c.name)
			continue
		}
		r, err := st.measure(ctx, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		results = put(results, r)
		fmt.Print(r.table())
		if err := report(s.out, results); err != nil { // after each case: a long run that is ended leaves something
			return err
		}
	}
	fmt.Print(goalTable(results))
	fmt.Printf("Figures and plots are in %s.\n", s.out)
	return nil
}

// measure runs a case with all its contestants, interleaved.
func (st *stage) measure(ctx context.Context, c benchCase) (result, error) {
	r := result{Case: c.name, About: c.about, Runs: map[string][]figures{}}
	for round := range st.rounds {
		for _, who := range c.contestants {
			if who == gstMeet && st.gstMeet == "" {
				continue
			}
			f, err := c.run(ctx, st, who)
			if ctx.Err() != nil {
				return r, context.Cause(ctx)
			}
			if err != nil {
				// A contestant that fails in one round is part of the result.
				fmt.Fprintf(os.Stderr, "%s, %s, round %d: %v\n", c.name, who, round+1, err)
				f = figures{failed: 1}
			}
			r.add(who, f)
		}
	}
	return r, nil
}
