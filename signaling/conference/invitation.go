package conference

import (
	"fmt"
	"time"
)

// Where the focus does not invite us, we join anew: Jicofo gives up when the bridge that it asks is dead, or out of use for a
// minute since its health was not known, and asks again for those only who join, or when a bridge joins that it did not know. So it is
// for those, too, whose session it has ended itself, because of what another participant said.

const (
	// longestPatience is what the time for an invitation grows to.
	longestPatience = 2 * time.Minute

	// bridgelessLimit is for how long we ask often while the focus has no bridge: a little longer than Jicofo keeps one out of
	// use (failure-reset-threshold). Nothing but another attempt to join tells us when that is over, and nobody has media
	// meanwhile whom we could disturb.
	bridgelessLimit = 75 * time.Second
)

// waitForInvitation is the wait for an invitation.
type waitForInvitation struct {
	awaited    bool
	number     int       // of the wait: what earlier ones have to say is ignored
	vain       int       // how often we have joined anew for it, but for bridgelessLimit
	bridgeless time.Time // since when the focus has had no bridge; zero: it has one, or has invited us since
}

// expectSession gives the focus its time to invite us, from now on.
func (s *stay) expectSession() {
	s.invitation.awaited = true
	s.invitation.number++
	number, patience := s.invitation.number, s.patience()
	s.after(patience, func(s *stay) {
		if s.invitation.number == number {
			s.uninvited(patience)
		}
	})
}

func (s *stay) patience() time.Duration {
	if s.oftenAsking() {
		return s.cfg.BridgeTimeout
	}
	return min(s.cfg.InviteTimeout<<s.invitation.vain, longestPatience)
}

func (s *stay) oftenAsking() bool {
	return !s.bridge && time.Since(s.invitation.bridgeless) < bridgelessLimit
}

// uninvited joins anew. While nobody else is there, the others may be doing the same: then, and while we are on our way
// back anyway, we wait on.
func (s *stay) uninvited(patience time.Duration) {
	if s.phase != inRoom || s.back != nil || len(s.occupants.order) == 0 {
		s.expectSession()
		return
	}
	if !s.oftenAsking() && s.invitation.vain < 8 {
		s.invitation.vain++
	}
	s.lost(&Error{Reason: FocusNotReady, Op: "get a session from", Target: s.focus.String(), Err: fmt.Errorf("no invitation within %s", patience)})
}

// invitedAgain ends the waiting.
func (s *stay) invitedAgain() {
	s.invitation = waitForInvitation{number: s.invitation.number + 1}
}

// bridgeMissing is word of the focus that it has none. It is told once, however often we join anew.
func (s *stay) bridgeMissing() {
	if s.invitation.bridgeless.IsZero() {
		s.invitation.bridgeless = time.Now()
		s.log.Warnf("the focus of %s has no bridge", s.room)
		s.emit(BridgeNotAvailable{})
	}
	if s.session == nil {
		s.expectSession()
	}
}
