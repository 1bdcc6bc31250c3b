package bridge

import "time"

// feedbackInterval is how often senders are told of the arrival of their packets.
const feedbackInterval = 100 * time.Millisecond

// sendFeedback sends the transport-cc reports that are due (draft-holmer-rmcat-transport-wide-cc-extensions).
func (c *Conference) sendFeedback() {
	for _, e := range c.order {
		if !e.features.TransportCC || !e.ready {
			continue
		}
		for _, packet := range e.feedback.BuildFeedbackPacket() {
			e.sendRTCP(packet)
		}
	}
}
