package conference

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gstjitsi/signaling/jingle"
)

// Bounds of what a room may make us keep.
const (
	maxOccupants  = 10_000
	maxSourceInfo = 256 // sources of one participant
)

// wirePresence is what we read of an occupant's presence.
type wirePresence struct {
	Nick       string `xml:"http://jabber.org/protocol/nick nick"`
	SourceInfo string `xml:"SourceInfo"`
	Features   []struct {
		Var string `xml:"var,attr"`
	} `xml:"features>feature"`
	Bot struct {
		Type string `xml:"type,attr"`
	} `xml:"bot"`
	NoBridge *struct{} `xml:"http://jitsi.org/protocol/focus bridgeNotAvailable"` // of the focus
	MUC      struct {
		Item struct {
			JID         string `xml:"jid,attr"`
			Role        string `xml:"role,attr"`
			Affiliation string `xml:"affiliation,attr"`
			Reason      string `xml:"reason"`
			Actor       struct {
				Nick string `xml:"nick,attr"`
			} `xml:"actor"`
		} `xml:"item"`
		Statuses []wireStatus `xml:"status"`
		Destroy  *struct {
			JID    string `xml:"jid,attr"`
			Reason string `xml:"reason"`
		} `xml:"destroy"`
	} `xml:"http://jabber.org/protocol/muc#user x"`
}

type wireStatus struct {
	Code int `xml:"code,attr"`
}

func (p *wirePresence) has(status int) bool { return hasStatus(p.MUC.Statuses, status) }

func hasStatus(list []wireStatus, code int) bool {
	return slices.ContainsFunc(list, func(s wireStatus) bool { return s.Code == code })
}

// hidden are those whom nobody should see: recorders, known by the domain of their account or by what they
// can do, and transcribers. People who take part by telephone (jigasi) are participants.
func (p *wirePresence) hidden(domain string) bool {
	account, _, _ := strings.Cut(p.MUC.Item.JID, "/")
	if _, host, ok := strings.Cut(account, "@"); ok && strings.EqualFold(host, domain) {
		return true
	}
	for _, f := range p.Features {
		if f.Var == "http://jitsi.org/protocol/jibri" {
			return true
		}
	}
	return p.Bot.Type == "transcriber"
}

func (p *wirePresence) participant(id string) (Participant, error) {
	sources, err := parseSourceInfo(p.SourceInfo)
	return Participant{
		ID: id, JID: p.MUC.Item.JID, Nick: p.Nick, Role: p.MUC.Item.Role, Sources: sources,
	}, err
}

func parseSourceInfo(text string) ([]SourceInfo, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var in map[string]wireSourceInfo
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, fmt.Errorf("malformed SourceInfo: %w", err)
	}
	if len(in) > maxSourceInfo {
		return nil, fmt.Errorf("SourceInfo of %d sources", len(in))
	}
	out := make([]SourceInfo, 0, len(in))
	for name, info := range in {
		out = append(out, SourceInfo{Name: name, Muted: info.Muted, VideoType: videoTypeOf(name, info.VideoType)})
	}
	slices.SortFunc(out, func(a, b SourceInfo) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// videoTypeOf is empty for audio. Names are ENDPOINT-a0, ENDPOINT-v0; a video without a type is a camera.
func videoTypeOf(name, videoType string) jingle.VideoType {
	if videoType != "" {
		return jingle.VideoType(videoType)
	}
	if i := strings.LastIndexByte(name, '-'); i >= 0 && strings.HasPrefix(name[i+1:], "v") {
		return jingle.Camera
	}
	return ""
}

// occupants are the participants in the room by their id, in the order of arrival.
type occupants struct {
	byID  map[string]Participant
	order []string
	gone  map[string]bool // who has left: what the focus still says of them is old
}

func newOccupants() occupants {
	return occupants{byID: map[string]Participant{}, gone: map[string]bool{}}
}

// set keeps p. It says whether p was there before, and whether anything is new.
func (o *occupants) set(p Participant) (known, changed bool) {
	old, known := o.byID[p.ID]
	if !known {
		if len(o.order) >= maxOccupants {
			return false, false
		}
		o.order = append(o.order, p.ID)
		delete(o.gone, p.ID)
	}
	o.byID[p.ID] = p
	return known, !known || !old.equal(p)
}

func (o *occupants) remove(id string) (Participant, bool) {
	p, ok := o.byID[id]
	if ok {
		delete(o.byID, id)
		o.order = slices.DeleteFunc(o.order, func(other string) bool { return other == id })
		o.forget(id)
	}
	return p, ok
}

func (o *occupants) forget(id string) {
	if len(o.gone) >= maxOccupants {
		clear(o.gone) // the oldest news are long through
	}
	o.gone[id] = true
}

func (o *occupants) participants() []Participant {
	out := make([]Participant, 0, len(o.order))
	for _, id := range o.order {
		out = append(out, o.byID[id].clone())
	}
	return out
}
