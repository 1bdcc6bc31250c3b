package browser

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/coder/websocket"
)

//go:embed page.html page.js
var pages embed.FS

// chromium is a running browser with our page, and what both say to each other.
type chromium struct {
	listener net.Listener
	server   *http.Server
	command  *exec.Cmd
	ended    chan struct{}
	profile  string
	output   *os.File

	opened chan *websocket.Conn
	conn   *websocket.Conn
}

// report is what the page tells: one of these at a time.
type report struct {
	Error      string  `json:"error"`
	Connection string  `json:"connection"` // state of the peer connection
	Answer     string  `json:"answer"`     // session description
	Source     string  `json:"source"`     // whom the rest is about
	Picture    []byte  `json:"picture"`    // RGB, of 64 by 36 pixels
	Width      int     `json:"width"`      // of the video, before it was made so small
	Height     int     `json:"height"`
	Time       float64 `json:"time"`  // of the picture, seconds
	Hertz      float64 `json:"hertz"` // loudest frequency
}

// flags let media work without devices, windows and clicks, and on loopback.
var flags = []string{
	"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
	"--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
	"--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection",
	"--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
}

// open starts a browser and returns when the page has called back.
func open(ctx context.Context) (*chromium, error) {
	c := &chromium{ended: make(chan struct{}), opened: make(chan *websocket.Conn, 1)}
	if err := c.start(); err != nil {
		c.close()
		return nil, err
	}
	select {
	case c.conn = <-c.opened:
		return c, nil
	case <-c.ended:
		said, _ := os.ReadFile(c.output.Name())
		c.close()
		return nil, fmt.Errorf("chromium has ended: %s", said)
	case <-ctx.Done():
		c.close()
		return nil, fmt.Errorf("the page in chromium doesn't call: %w", context.Cause(ctx))
	}
}

func (c *chromium) start() error {
	var err error
	if c.profile, err = os.MkdirTemp("", "jitsi-chromium-"); err != nil {
		return err
	}
	if c.output, err = os.Create(c.profile + "/output"); err != nil {
		return err
	}
	if c.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(pages))
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		conn, err := websocket.Accept(w, r, nil)
		if err != nil {
			return
		}
		conn.SetReadLimit(1 << 20)
		select {
		case c.opened <- conn:
		default:
			_ = conn.CloseNow() // one page is enough
		}
	})
	c.server = &http.Server{Handler: mux}
	go c.server.Serve(c.listener) // ends with close

	arguments := append([]string{"--user-data-dir=" + c.profile}, flags...)
	c.command = exec.Command("chromium", append(arguments, "http://"+c.listener.Addr().String()+"/page.html")...)
	c.command.Stdout, c.command.Stderr = c.output, c.output
	// A group of its own, since a browser is many processes.
	c.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// Pdeathsig is about the thread that started the child: this one must live as long as the child does.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := c.command.Start()
		started <- err
		if err == nil {
			_ = c.command.Wait() // close kills it
			close(c.ended)
		}
	}()
	if err := <-started; err != nil {
		c.command = nil
		return fmt.Errorf("start chromium: %w", err)
	}
	return nil
}

// close ends the browser and removes all its files.
func (c *chromium) close() {
	if c.conn != nil {
		_ = c.conn.CloseNow()
	}
	if c.command != nil {
		_ = syscall.Kill(-c.command.Process.Pid, syscall.SIGKILL)
		<-c.ended
	}
	if c.server != nil {
		_ = c.server.Close()
	}
	if c.output != nil {
		_ = c.output.Close()
	}
	_ = os.RemoveAll(c.profile)
}

// say sends the page an offer of the bridge, and what it shall send by the m-lines' mids.
func (c *chromium) say(ctx context.Context, offer string, sources map[string]Sends) error {
	data, err := json.Marshal(map[string]any{"offer": offer, "sources": sources})
	if err != nil {
		return err
	}
	return c.conn.Write(ctx, websocket.MessageText, data)
}

// hear waits for the next report.
func (c *chromium) hear(ctx context.Context) (report, error) {
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		return report{}, err
	}
	var r report
	if err := json.Unmarshal(data, &r); err != nil {
		return report{}, fmt.Errorf("the page says %q: %w", data, err)
	}
	if r.Error != "" {
		return report{}, errors.New("the page fails: " + r.Error)
	}
	return r, nil
}
