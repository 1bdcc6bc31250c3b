package bridge

import "time"

// feedbackInterval is how often senders are told of the arrival of their packets, at least; feedbackPause how soon after the
// last time they are told at the end of a frame (TccGeneratorNode of the real bridge).
const (
	feedbackInterval = 100 * time.Millisecond
	feedbackPause    = 20 * time.Millisecond
)

// sendFeedback sends the transport-cc reports that are due (draft-holmer-rmcat-transport-wide-cc-extensions).
func (c *Conference) sendFeedback(now time.Time) {
	for _, e := range c.order {
		if e.features.TransportCC && e.ready && now.Sub(e.feedbackAt) >= feedbackInterval {
			e.sendFeedback(now)
		}
	}
}

func (e *Endpoint) sendFeedback(now time.Time) {
	e.feedbackAt = now
	for _, packet := range e.feedback.BuildFeedbackPacket() {
		e.sendRTCP(packet)
	}
}
