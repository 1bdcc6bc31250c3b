package elements

import "sync"

// mailbox is an unbounded queue of work for one goroutine. Putting never blocks: a GStreamer thread may hold locks.
type mailbox struct {
	mu     sync.Mutex
	work   []func()
	closed bool
	wake   chan struct{}
}

func newMailbox() *mailbox { return &mailbox{wake: make(chan struct{}, 1)} }

// put adds work; false after close.
func (m *mailbox) put(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.work = append(m.work, f)
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return true
}

// close refuses further work; run ends when what was put before is done.
func (m *mailbox) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) take() (work []func(), closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	work, m.work = m.work, nil
	return work, m.closed
}

// run does the work in order until the mailbox is closed and empty.
func (m *mailbox) run() {
	for {
		work, closed := m.take()
		for _, f := range work {
			f()
		}
		if closed && len(work) == 0 {
			return
		}
		if len(work) == 0 {
			<-m.wake
		}
	}
}
