package elements

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-gst/go-gst/pkg/gst"

	"gstjitsi/elements/gstx"
)

// patience is what a step may take on a busy machine.
const patience = 30 * time.Second

func TestMain(m *testing.M) {
	gst.Init()
	if !Register(nil) {
		fmt.Fprintln(os.Stderr, "the elements can't be registered")
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(programs)
	os.Exit(code)
}

var programs string // directory of what is built for the tests; empty: nothing was

// deploymentProgram builds the local deployment, once for all tests.
var deploymentProgram = sync.OnceValues(func() (string, error) {
	var err error
	if programs, err = os.MkdirTemp("", "elements"); err != nil {
		return "", err
	}
	program := filepath.Join(programs, "jitsi-local")
	if out, err := exec.Command("go", "build", "-o", program, "gstjitsi/tests/deployment/cmd/jitsi-local").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the deployment: %w\n%s", err, out)
	}
	return program, nil
})

// startDeployment runs the local deployment in a process of its own, whose threads and files are not ours.
func startDeployment(t *testing.T) (url string) {
	t.Helper()
	program, err := deploymentProgram()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // should this process crash
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	started, read := make(chan error), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		// The death signal is for the end of the thread that started the child (prctl(2)).
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		started <- command.Start()
		<-read // Wait closes the pipe
		command.Wait()
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		for field := range strings.FieldsSeq(lines.Text()) {
			if url, ok := strings.CutPrefix(field, "url="); ok {
				go func() { // the pipe must not fill up
					defer close(read)
					for lines.Scan() {
					}
				}()
				return url
			}
		}
	}
	close(read)
	t.Fatal("the deployment printed no address")
	return ""
}

type usage struct{ threads, files, goroutines int }

func (u usage) String() string {
	return fmt.Sprintf("%d threads, %d files, %d goroutines", u.threads, u.files, u.goroutines)
}

func entries(t *testing.T, dir string) int {
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func measure(t *testing.T) usage {
	gstx.Collect()
	return usage{entries(t, "/proc/self/task"), entries(t, "/proc/self/fd"), runtime.NumGoroutine()}
}

// settled waits until a condition about what is left holds; the kernel takes a moment to forget a thread.
func settled(t *testing.T, holds func(usage) bool) usage {
	deadline := time.Now().Add(patience)
	for {
		u := measure(t)
		if holds(u) || time.Now().After(deadline) {
			return u
		}
		runtime.Gosched()
	}
}

func launch(t *testing.T, text string) gst.Pipeline {
	t.Helper()
	e, err := gst.ParseLaunch(text)
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := e.(gst.Pipeline); ok {
		return p
	}
	p := gst.NewPipeline("").(gst.Pipeline) // the text is of one element
	p.Add(e)
	return p
}

// pair makes a sender and a receiver.
func pair(t *testing.T, location string) (sender, receiver gst.Pipeline) {
	t.Helper()
	sender = launch(t, `videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=15/1 ! jitsisink name=j `+location+
		` audiotestsrc is-live=true ! j.`)
	receiver = launch(t, `jitsisrc name=j `+location+
		` j.video_0 ! video/x-raw ! fakesink name=video  j.audio_0 ! audio/x-raw ! fakesink name=audio`)
	return sender, receiver
}

// arrive plays both until decoded audio and video arrive.
func arrive(t *testing.T, sender, receiver gst.Pipeline) {
	t.Helper()
	arrived := make(chan string, 2)
	for _, name := range []string{"video", "audio"} {
		pad := receiver.(gst.Bin).GetByName(name).GetStaticPad("sink")
		pad.AddProbe(gst.PadProbeTypeBuffer, func(gst.Pad, *gst.PadProbeInfo) gst.PadProbeReturn {
			arrived <- name
			return gst.PadProbeRemove
		})
	}
	sender.SetState(gst.StatePlaying)
	receiver.SetState(gst.StatePlaying)
	timeout := time.After(patience)
	for range 2 {
		select {
		case <-arrived:
		case <-timeout:
			t.Fatal("no media arrived")
		}
	}
}

// meet plays both until decoded audio and video arrive, and stops them.
func meet(t *testing.T, sender, receiver gst.Pipeline) {
	t.Helper()
	arrive(t, sender, receiver)
	receiver.SetState(gst.StateNull)
	sender.SetState(gst.StateNull)
	if inside := children(receiver.GetByName("j").(gst.Bin)); len(inside) > 0 {
		t.Errorf("left in the receiver: %v", inside)
	}
}

func children(bin gst.Bin) (names []string) {
	for child := range bin.IterateElements().Values() {
		names = append(names, child.(gst.Element).GetName())
	}
	return names
}

// idleThreads are what Go may keep of those that were blocked in C, for later use; a session has 20.
const idleThreads = 4

// nothingLeft compares what the process uses with what it used before.
func nothingLeft(t *testing.T, before usage) {
	t.Helper()
	isBack := func(u usage) bool {
		return u.threads <= before.threads+idleThreads && u.files <= before.files && u.goroutines <= before.goroutines
	}
	if after := settled(t, isBack); !isBack(after) {
		t.Errorf("before: %v; after: %v", before, after)
	}
}

func TestTenStartsAndStopsLeaveNothingBehind(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Cycles"
	meetAnew := func() {
		sender, receiver := pair(t, location)
		meet(t, sender, receiver)
	}
	for range 2 { // what GStreamer and Go make once in a process
		meetAnew()
	}
	before := measure(t)
	for range 10 {
		meetAnew()
	}
	nothingLeft(t, before)
}

func TestTheSameElementsStartAgain(t *testing.T) {
	sender, receiver := pair(t, "local-addresses=127.0.0.1 location="+startDeployment(t)+"/Again")
	for range 3 {
		meet(t, sender, receiver)
	}
}

func TestStoppingAtAnyMomentLeavesNothingBehind(t *testing.T) {
	location := "local-addresses=127.0.0.1 location=" + startDeployment(t) + "/Abort"
	sender, receiver := pair(t, location)
	meet(t, sender, receiver)
	sender, receiver = nil, nil
	before := measure(t)
	moments := []string{"", "connecting", "joined", "in-session"} // the first: without waiting for any
	for i := range 16 {
		p := launch(t, `videotestsrc is-live=true ! jitsibin name=j `+location+` j. ! fakesink`)
		// somebody else, so that there is a session
		other := launch(t, `audiotestsrc is-live=true ! jitsisink `+location)
		other.SetState(gst.StatePlaying)
		p.SetState(gst.StatePlaying)
		if moment := moments[i%len(moments)]; moment != "" {
			waitState(t, p, moment)
		}
		p.SetState(gst.StateNull)
		other.SetState(gst.StateNull)
	}
	nothingLeft(t, before)
}

// waitState waits for an element message of the state.
func waitState(t *testing.T, p gst.Pipeline, state string) {
	t.Helper()
	for {
		m := p.GetBus().TimedPopFiltered(gst.ClockTime(patience), gst.MessageElement|gst.MessageError)
		if m == nil || m.Type() == gst.MessageError {
			t.Fatalf("the state never became %s", state)
		}
		if s := m.GetStructure(); s.GetName() == "jitsi-state-changed" && s.GetString("state") == state {
			return
		}
	}
}

// An application's change of state may come at any moment, that in which webrtcbin puts the elements of a session together included.
func TestChangesOfStateWhileASessionBeginsDoItNoHarm(t *testing.T) {
	sender, receiver := pair(t, "local-addresses=127.0.0.1 location="+startDeployment(t)+"/Restless")
	for range 5 {
		met := make(chan struct{})
		var restless sync.WaitGroup
		for _, p := range []gst.Pipeline{sender, receiver} {
			restless.Go(func() {
				for {
					select {
					case <-met:
						return
					default:
						p.SetState(gst.StatePlaying)
					}
				}
			})
		}
		arrive(t, sender, receiver)
		close(met)
		restless.Wait()
		for _, p := range []gst.Pipeline{sender, receiver} {
			if m := p.GetBus().PopFiltered(gst.MessageWarning | gst.MessageError); m != nil {
				t.Errorf("%v", m)
			}
			p.SetState(gst.StateNull)
		}
	}
}
