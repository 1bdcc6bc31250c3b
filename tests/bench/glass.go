package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// lensFrames is after how many pictures numbers begin anew: a picture must not be on its way for longer.
const lensFrames = 2 * filmRate

// lens is a camera whose pictures have numbers: it writes them into shared memory, where senders read them.
type lens struct {
	child   *child
	socket  string
	stopped chan struct{}
	done    sync.WaitGroup

	mu   sync.Mutex
	sent map[int]time.Time // when a picture was there last, by its number
}

func (st *stage) openLens() (*lens, error) {
	l := &lens{socket: filepath.Join(st.folder, fmt.Sprintf("lens%d", st.rooms.Add(1))), stopped: make(chan struct{}), sent: map[int]time.Time{}}
	reading, writing, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer reading.Close()
	const size = filmWidth * filmHeight * 3 / 2
	process := st.within(st.clientSpace, "gst-launch-1.0", splitPipeline(fmt.Sprintf(
		"-q fdsrc fd=3 ! rawvideoparse format=i420 width=%d height=%d framerate=%d/1 ! shmsink socket-path=%s shm-size=%d wait-for-connection=false sync=false",
		filmWidth, filmHeight, filmRate, l.socket, 20*size))...)
	process.ExtraFiles = []*os.File{reading}
	if l.child, err = startChild("lens", process, func(string) {}); err != nil {
		writing.Close()
		return nil, err
	}
	pictures := make([][]byte, lensFrames)
	for number := range pictures {
		pictures[number] = filmPicture(number)
	}
	l.done.Go(func() {
		defer writing.Close()
		l.film(writing, pictures)
	})
	return l, nil
}

func (l *lens) film(to *os.File, pictures [][]byte) {
	ticker := time.NewTicker(time.Second / filmRate)
	defer ticker.Stop()
	for number := 0; ; number = (number + 1) % len(pictures) {
		l.mu.Lock()
		l.sent[number] = time.Now()
		l.mu.Unlock()
		if _, err := to.Write(pictures[number]); err != nil {
			return // whoever reads has ended, and what depends on it says so
		}
		select {
		case <-ticker.C:
		case <-l.stopped:
			return
		}
	}
}

func (l *lens) sentAt(number int) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.sent[number]
	return at, ok
}

func (l *lens) close() {
	close(l.stopped)
	l.done.Wait()
	l.child.end()
}

// lensSource sends what a lens sees.
func lensSource(l *lens, who string) source {
	media := fmt.Sprintf("shmsrc socket-path=%s is-live=true do-timestamp=true ! video/x-raw,format=I420,width=%d,height=%d,framerate=%d/1 ! ",
		l.socket, filmWidth, filmHeight, filmRate)
	if who == gstMeet {
		media += vp8(500_000, beside) + " ! "
	}
	return source{media: media + "queue name=video", properties: "simulcast=false congestion-control=disabled start-bitrate=500000"}
}

// glassToGlass measures a contestant at both ends.
func glassToGlass(ctx context.Context, st *stage, who string) (figures, error) {
	location := st.newRoom()
	l, err := st.openLens()
	if err != nil {
		return nil, err
	}
	defer l.close()
	if err := awaitFile(ctx, l.socket); err != nil {
		return nil, errors.Join(err, errors.New(l.child.said()))
	}
	sender, err := st.start(who, st.sender(who, location, lensSource(l, who)), 0, false)
	if err != nil {
		return nil, err
	}
	defer sender.end()
	c, err := st.watch(ctx, who, location, true)
	if err != nil {
		return nil, errors.Join(err, errors.New(sender.said()))
	}
	defer c.end()
	if err := c.pause(ctx, settling); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := c.pause(ctx, st.length); err != nil {
		return nil, err
	}
	return judge(l.sentAt, c.pictures.since(began), time.Since(began)), nil
}

// awaitFile waits until there is a file.
func awaitFile(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for {
		if _, err := os.Stat(name); err == nil {
			return nil
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", name, context.Cause(ctx))
		}
	}
}
