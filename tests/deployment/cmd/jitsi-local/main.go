// Command jitsi-local runs a Jitsi deployment on this machine until it is interrupted. Its first line of output is for
// programs, the rest for people.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"syscall"

	"gstjitsi/tests/deployment"
	"gstjitsi/tests/deployment/events"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "jitsi-local:", err)
		os.Exit(1)
	}
}

func run() error {
	port := flag.Int("port", 0, "`port` of the web server; picked free when 0")
	domain := flag.String("domain", "localhost", "XMPP `domain` of the deployment")
	address := flag.String("address", "127.0.0.1", "`address` to listen on")
	useTLS := flag.Bool("tls", false, "serve https and wss with a certificate of an authority of its own")
	rewriting := flag.Bool("ssrc-rewriting", false, "let the bridge send everybody's media in a few SSRCs of its own")
	verbose := flag.Bool("v", false, "print what happens")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	listen, err := netip.ParseAddr(*address)
	if err != nil {
		return fmt.Errorf("-address: %w", err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	d, err := deployment.Start(ctx, deployment.Options{Domain: *domain, Port: *port, Address: listen, TLS: *useTLS, SSRCRewriting: *rewriting})
	if err != nil {
		return err
	}
	fmt.Printf("JITSI_LOCAL url=%s domain=%s muc=%s websocket=%s media=%s ca-file=%s\n",
		d.URL(), d.Domain(), d.MUCDomain(), d.WebSocketURL(), d.MediaAddress(), d.CAFile())
	fmt.Printf("A Jitsi deployment is running. A meeting is at %s/ANY-NAME.\n", d.URL())
	if d.CAFile() != "" {
		fmt.Printf("Its certificate is signed by the authority in %s.\n", d.CAFile())
	}
	fmt.Println("Press Ctrl-C to end it.")
	if *verbose {
		d.EventLog().Tap(func(e events.Event) { fmt.Println(e) })
	}
	<-ctx.Done()
	return d.Close()
}
