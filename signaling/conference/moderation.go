package conference

import (
	"encoding/xml"
	"fmt"

	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"gstjitsi/signaling/jingle"
	"gstjitsi/signaling/xmpp"
)

// Kick removes a participant from the room. The room allows it to moderators.
func (c *Conference) Kick(id, reason string) {
	c.inbox.push(func(s *stay) {
		item := adminItem{Nick: id, Role: "none", Reason: reason}
		s.moderate("kick "+id, s.room, adminQuery{Item: item})
	})
}

// MuteParticipant asks the focus to mute a participant, who can unmute again. It allows it to moderators.
func (c *Conference) MuteParticipant(id string, media jingle.Media) {
	c.inbox.push(func(s *stay) {
		muted, err := s.room.WithResource(id)
		if err != nil {
			s.log.Warnf("can't mute %q, which is nobody's id: %v", id, err)
			return
		}
		s.moderate(fmt.Sprintf("mute %s of %s", media, id), s.focus, muteElement{
			XMLName: xml.Name{Space: nsMute + string(media), Local: "mute"}, JID: muted.String(), Muted: "true",
		})
	})
}

// adminQuery is XEP-0045 section 8.2 (h-alice).
type adminQuery struct {
	XMLName xml.Name  `xml:"http://jabber.org/protocol/muc#admin query"`
	Item    adminItem `xml:"item"`
}

type adminItem struct {
	Nick   string `xml:"nick,attr"`
	Role   string `xml:"role,attr"`
	Reason string `xml:"reason,omitempty"`
}

// nsMute and the medium (audio, video, desktop) are the namespace of a request to mute (h-alice, h-bob).
const nsMute = "http://jitsi.org/jitmeet/"

type muteElement struct {
	XMLName xml.Name
	JID     string `xml:"jid,attr,omitempty"`   // whom to mute, on the way to the focus
	Actor   string `xml:"actor,attr,omitempty"` // who wants it, on the way from the focus
	Muted   string `xml:",chardata"`
}

func (s *stay) moderate(what string, to jid.JID, payload any) {
	if s.phase != inRoom {
		return
	}
	s.request(to, stanza.SetIQ, payload, func(_ *xmpp.IQ, err error) {
		if err != nil {
			s.log.Warnf("can't %s in %s: %v", what, s.room, err)
		}
	})
}

// mutedSources are the sources that a request to mute means, by its namespace.
var mutedSources = map[string]MuteRequested{
	nsMute + "audio":   {Media: jingle.Audio},
	nsMute + "video":   {Media: jingle.Video, VideoType: jingle.Camera},
	nsMute + "desktop": {Media: jingle.Video, VideoType: jingle.Desktop},
}

func isMute(iq *xmpp.IQ) bool {
	_, known := mutedSources[iq.Payload.Space]
	return known && iq.Payload.Local == "mute" && iq.Type == stanza.SetIQ
}

// handleMute takes it from the focus alone, which has checked that the actor is a moderator.
func (s *stay) handleMute(client *xmpp.Client, iq *xmpp.IQ) {
	if !iq.From.Equal(s.focus) || s.phase != inRoom {
		s.log.Warnf("refusing to be muted by %s, who is not the focus", iq.From)
		client.ReplyError(iq, &xmpp.Error{Type: stanza.Auth, Condition: stanza.Forbidden})
		return
	}
	var in struct {
		Mute muteElement `xml:"mute"`
	}
	if err := iq.Decode(&in); err != nil {
		s.log.Warnf("refusing a <mute> of %s: %v", iq.From, err)
		client.ReplyError(iq, &xmpp.Error{Type: stanza.Modify, Condition: stanza.BadRequest})
		return
	}
	client.Reply(iq, nil)
	if in.Mute.Muted != "true" { // nobody switches on somebody else's microphone
		return
	}
	requested := mutedSources[iq.Payload.Space]
	if actor, err := jid.Parse(in.Mute.Actor); err == nil {
		requested.By = actor.Resourcepart()
	}
	s.emit(requested)
}
