package transport

import "gstjitsi/elements/gstx"

// Stats are the figures of what is received and sent, by SSRC.
func (t *Transport) Stats() []gstx.SourceStats {
	t.mu.Lock()
	session := t.session
	t.mu.Unlock()
	if session == nil {
		return nil
	}
	return gstx.ReadSourceStats(session)
}
