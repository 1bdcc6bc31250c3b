package conference

import (
	"context"
	"errors"

	"gstjitsi/signaling/ws"
)

// resolve finds out where to connect, and does.
func (s *stay) resolve() {
	if s.cfg.Resolve == nil {
		s.home, s.homeAddresses = s.cfg, s.addresses
		s.connect()
		return
	}
	s.goDo(func() {
		ctx, cancel := context.WithTimeout(s.life, s.cfg.JoinTimeout)
		defer cancel()
		found, err := s.cfg.Resolve(ctx)
		s.c.inbox.push(func(s *stay) { s.resolved(found, err) })
	})
}

func (s *stay) resolved(found Addresses, err error) {
	if err != nil {
		e := s.connectError(err)
		e.Op, e.Target = "find the addresses for room", s.cfg.Room
		var failed *ws.Error
		if errors.As(err, &failed) {
			e.Target += " at " + failed.URL
		}
		s.fail(e)
		return
	}
	cfg := s.cfg.at(found)
	parsed, err := cfg.parse()
	if err != nil {
		s.fail(&Error{Reason: Unreachable, Op: "use the addresses of", Target: cfg.XMPPDomain, Err: err})
		return
	}
	s.cfg, s.addresses = &cfg, parsed
	s.home, s.homeAddresses = s.cfg, s.addresses
	s.connect()
}
