package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// clockTicks is the unit of times in /proc, the same on all architectures of Linux that Go has.
const clockTicks = 100

// cpuTime is what a process has used up to now.
func cpuTime(pid int) (time.Duration, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The fields are counted from behind the name, which may have anything in it.
	fields := strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("/proc/%d/stat: %q", pid, data)
	}
	var ticks int64
	for _, field := range []string{fields[user], fields[system]} {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks, nil
}

// status reads numbers off /proc: threads, and the peak of memory in MB.
func status(pid int) (threads int, peak float64, err error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "Threads:":
			threads, err = strconv.Atoi(fields[1])
		case "VmHWM:":
			var kilobytes int
			kilobytes, err = strconv.Atoi(fields[1])
			peak = float64(kilobytes) / 1024
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return threads, peak, nil
}

// meter measures a process over a while.
type meter struct {
	pid   int
	began time.Time
	cpu   time.Duration
	most  int
	stop  chan struct{}
	done  sync.WaitGroup
}

// sampling is how often threads are counted.
const sampling = 200 * time.Millisecond

func newMeter(pid int) (*meter, error) {
	used, err := cpuTime(pid)
	if err != nil {
		return nil, err
	}
	m := &meter{pid: pid, began: time.Now(), cpu: used, stop: make(chan struct{})}
	m.done.Go(func() {
		ticker := time.NewTicker(sampling)
		defer ticker.Stop()
		for {
			if threads, _, err := status(pid); err == nil {
				m.most = max(m.most, threads)
			}
			select {
			case <-ticker.C:
			case <-m.stop:
				return
			}
		}
	})
	return m, nil
}

// read ends the measurement.
func (m *meter) read() (figures, error) {
	close(m.stop)
	m.done.Wait()
	used, err := cpuTime(m.pid)
	if err != nil {
		return nil, err
	}
	_, peak, err := status(m.pid)
	if err != nil {
		return nil, err
	}
	return figures{
		cpuShare: 100 * (used - m.cpu).Seconds() / time.Since(m.began).Seconds(),
		peakRSS:  peak,
		threads:  float64(m.most),
	}, nil
}
