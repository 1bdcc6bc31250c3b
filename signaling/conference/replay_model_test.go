package conference

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gstjitsi/signaling/jingle"
)

// recordedEvent is what the recorded client says that it understood.
type recordedEvent struct {
	Kind        string           `json:"e"`
	ID          string           `json:"id"`
	Me          string           `json:"me"`
	Nick        string           `json:"nick"`
	Role        string           `json:"role"`
	Media       jingle.Media     `json:"type"`
	VideoType   jingle.VideoType `json:"videoType"`
	Participant string           `json:"participant"`
	Source      string           `json:"source"`
	SSRC        uint32           `json:"ssrc"`
	Muted       bool             `json:"muted"`
	Message     json.RawMessage  `json:"m"`
	Arguments   json.RawMessage  `json:"a"`
}

func (e recordedEvent) source() string {
	return fmt.Sprint(e.Source, " ", e.Participant, " ", e.Media, " ", e.VideoType, " ", e.SSRC)
}

// ours are the events that a Conference must have had by then.
func (e recordedEvent) ours() []string {
	switch e.Kind {
	case "user-joined":
		return []string{"joined " + e.ID + " " + e.Nick}
	case "user-left":
		return []string{"left " + e.ID}
	case "track-added":
		return []string{"added " + e.source()}
	case "track-removed":
		return []string{"removed " + e.source()}
	case "dominant-speaker":
		return []string{"speaker " + e.ID}
	case "media-session-started":
		return []string{"session"}
	case "bridge-channel-open":
		return []string{"channel open"}
	case "conference-failed":
		if strings.Contains(string(e.Arguments), "videobridgeNotAvailable") {
			return []string{"no bridge"}
		}
	case "endpoint-message":
		if !strings.Contains(string(e.Message), "e2e-ping") { // answered, and nobody else's business
			return []string{"message " + compact(e.Message)}
		}
	}
	return nil
}

// model is what the recorded client believes.
type model struct {
	me, role, speaker string
	joined            bool
	participants      map[string]bool
	sources           map[string]bool
	ours              []LocalSource
}

func newModel() model { return model{participants: map[string]bool{}, sources: map[string]bool{}} }

func (m *model) apply(e recordedEvent) {
	switch e.Kind {
	case "joined":
		m.me, m.joined = e.Me, true
	case "role":
		if e.ID == m.me {
			m.role = e.Role
		}
	case "user-joined":
		m.participants[e.ID] = true
	case "user-left":
		delete(m.participants, e.ID)
	case "track-added":
		m.sources[e.source()] = true
	case "track-removed":
		delete(m.sources, e.source())
	case "dominant-speaker":
		m.speaker = e.ID
	}
}

func (m *model) beliefs() []string {
	out := []string{"role " + m.me + " " + m.role, "speaker " + m.speaker}
	for id := range m.participants {
		out = append(out, "participant "+id)
	}
	for source := range m.sources {
		out = append(out, "source "+source)
	}
	slices.Sort(out)
	return out
}

// compare is called where nothing happened for a second: both must believe the same then.
func (r *replay) compare() {
	if r.model.joined {
		r.settle()
		if want, got := r.model.beliefs(), beliefs(r.guest.Snapshot()); !slices.Equal(want, got) {
			r.failf("we believe\n%s\nthe recorded client believed\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func beliefs(s Snapshot) []string {
	out := []string{"role " + s.EndpointID + " " + s.Role, "speaker " + s.DominantSpeaker}
	for _, p := range s.Participants {
		out = append(out, "participant "+p.ID)
	}
	for _, source := range s.Sources {
		out = append(out, "source "+describe(source))
	}
	slices.Sort(out)
	return out
}

func describe(s jingle.Source) string {
	return fmt.Sprint(s.Name, " ", s.Endpoint, " ", s.Media, " ", s.VideoType, " ", s.SSRC)
}

func compact(data json.RawMessage) string {
	var v any
	_ = json.Unmarshal(data, &v) // it was valid
	out, _ := json.Marshal(v)
	return string(out)
}
